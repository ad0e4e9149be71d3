// The encoder's INT8 kernels on random shapes: integers equal on every instruction set, floats within a
// budget of the portable kernels, and what has fused multiply-add equal to the bit.
#include <cmath>
#include <vector>

#include "input.h"
#include "kernels/encoder.h"

using namespace tinyguard;
using namespace tinyguard::kernels;

namespace {

// Largest difference from the portable kernels: of attention relative to the largest |v|, of the others
// relative to the largest magnitude of the row. tests/kernels has the budgets against NumPy.
constexpr float kAttentionBudget = 4e-5f;
constexpr float kRowBudget = 1e-4f;

std::vector<const EncoderKernels*> runnable() {
  std::vector<const EncoderKernels*> found = {&kPortableEncoder};
#if TINYGUARD_X86_ENCODERS
  for (const EncoderKernels* kernels : {&kAvx2Encoder, &kAvxVnniEncoder, &kAvx512VnniEncoder}) {
    if (kernels->supported()) found.push_back(kernels);
  }
#endif
  return found;
}

// Values from the input while it lasts, then from a generator that it seeds.
class Values {
 public:
  explicit Values(fuzz::Numbers& numbers) : numbers_(numbers), state_(1 + numbers.below(65536)) {}
  uint32_t next() { return state_ = state_ * 1664525u + 1013904223u; }
  std::vector<float> floats(size_t count) {
    const float scale = std::ldexp(1.0f, static_cast<int>(numbers_.below(21)) - 10);
    std::vector<float> values(count);
    for (float& value : values) value = scale * (static_cast<float>(next() >> 8) / (1 << 23) - 1.0f);
    // A few values that stand out, zeros and huge ones among them.
    for (uint32_t i = numbers_.below(6); i > 0 && count > 0; --i) {
      const uint32_t at = numbers_.below(65536) % static_cast<uint32_t>(count);
      values[at] = numbers_.below(3) == 0 ? 0.0f : values[at] * static_cast<float>(1 + numbers_.below(1000));
    }
    return values;
  }

 private:
  fuzz::Numbers& numbers_;
  uint32_t state_;
};

float largest(const std::vector<float>& values) {
  float most = 0.0f;
  for (const float value : values) most = std::max(most, std::fabs(value));
  return most;
}

void check_close(const std::vector<float>& got, const std::vector<float>& want, float budget) {
  for (size_t i = 0; i < want.size(); ++i) FUZZ_CHECK(std::fabs(got[i] - want[i]) <= budget);
}

// One result for each instruction set, the portable one first.
using Results = std::vector<std::vector<float>>;

void check(const Results& results, float budget) {
  for (size_t i = 1; i < results.size(); ++i) {
    check_close(results[i], results[0], budget);
    FUZZ_CHECK(std::memcmp(results[i].data(), results[1].data(), results[1].size() * sizeof(float)) == 0);
  }
}

void quantize_and_multiply(fuzz::Numbers& numbers, Values& values) {
  const size_t inputs = 16 * (1 + numbers.below(9)), outputs = 16 * (1 + numbers.below(9));
  const size_t count = 1 + numbers.below(30);
  const std::vector<float> x = values.floats(count * inputs), scale = values.floats(outputs);
  const std::vector<float> bias = values.floats(outputs);
  std::vector<int8_t> weight(outputs * inputs);
  std::vector<int32_t> sums(outputs, 0);
  for (size_t i = 0; i < weight.size(); ++i) {
    weight[i] = static_cast<int8_t>(static_cast<int>(values.next() >> 8) % 255 - 127);
    // [N/16][K/4][16][4]
    sums[i / (16 * inputs) * 16 + i / 4 % 16] += weight[i];
  }
  const Linear map{weight.data(), scale.data(), bias.data(), sums.data(), outputs, inputs};
  std::vector<uint8_t> first;
  Results results, gelus;
  for (const EncoderKernels* isa : runnable()) {
    std::vector<uint8_t> quantized(count * inputs);
    std::vector<float> scales(count), y(count * outputs);
    std::vector<int32_t> zeros(count);
    const Rows rows{quantized.data(), scales.data(), zeros.data()};
    for (size_t row = 0; row < count; ++row) isa->quantize(x.data() + row * inputs, inputs, rows, row);
    if (first.empty()) first = quantized;
    FUZZ_CHECK(quantized == first);
    isa->linear(rows, count, map, 0, outputs / kLanes, y.data(), outputs);
    results.push_back(std::move(y));
    std::vector<float> gelu(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(inputs));
    isa->gelu_quantize(gelu.data(), inputs, rows, 0);
    gelus.push_back(std::move(gelu));
  }
  // The products are integers; only their scaling is rounded.
  check(results, 1e-6f * (largest(results[0]) + 1e-30f));
  check(gelus, kRowBudget * (largest(gelus[0]) + 1e-30f));
}

void attend(fuzz::Numbers& numbers, Values& values) {
  const size_t tokens = 1 + numbers.below(70), size = 1 + numbers.below(64), past = numbers.below(20);
  const size_t stride = 3 * size + past;
  std::vector<float> qkv = values.floats(tokens * stride + kLanes);
  for (float& value : qkv) value = std::fmax(-50.0f, std::fmin(50.0f, value));
  const Head head{qkv.data(), qkv.data() + size, qkv.data() + 2 * size, stride, tokens, size};
  Results results;
  for (const EncoderKernels* isa : runnable()) {
    std::vector<float> out(tokens * size), scratch(attention_scratch(tokens, size));
    isa->attention(head, out.data(), size, scratch.data());
    results.push_back(std::move(out));
  }
  // Scores of this size differ in the last places before the exponential, which magnifies that.
  float most_score = 0.0f;
  for (size_t i = 0; i < tokens * stride; ++i) most_score = std::max(most_score, std::fabs(qkv[i]));
  const float scores = most_score * most_score * std::sqrt(static_cast<float>(size));
  check(results, kAttentionBudget * (1.0f + scores) * (largest(qkv) + 1e-30f));
}

void normalize_rows(fuzz::Numbers& numbers, Values& values) {
  const size_t width = 16 * (1 + numbers.below(30));
  const std::vector<float> x = values.floats(width), residual = values.floats(width);
  const std::vector<float> gamma = values.floats(width), beta = values.floats(width);
  double mean = 0.0, spread = 0.0;
  for (size_t i = 0; i < width; ++i)
    mean += (static_cast<double>(x[i]) + residual[i]) / static_cast<double>(width);
  for (size_t i = 0; i < width; ++i) {
    const double off = static_cast<double>(x[i]) + residual[i] - mean;
    spread += off * off / static_cast<double>(width);
  }
  // A mean that is much larger than the deviation takes digits away in float32, whoever computes it.
  const double condition = 1.0 + std::fabs(mean) / std::sqrt(spread + 1e-12);
  Results norms, sums, dots;
  for (const EncoderKernels* isa : runnable()) {
    std::vector<float> y(width), sum = residual;
    isa->add_norm(x.data(), residual.data(), {gamma.data(), beta.data()}, width, y.data());
    isa->add_scaled(x.data(), 0.37f, width, sum.data());
    dots.push_back({isa->dot(x.data(), residual.data(), width)});
    norms.push_back(std::move(y));
    sums.push_back(std::move(sum));
  }
  const float scale = largest(gamma) * std::sqrt(static_cast<float>(width)) + largest(beta) + 1e-30f;
  check(norms, kRowBudget * scale * static_cast<float>(condition));
  check(sums, kRowBudget * (largest(x) + largest(residual)));
  check(dots, kRowBudget * static_cast<float>(width) * largest(x) * largest(residual));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Numbers numbers(data, size);
  Values values(numbers);
  switch (numbers.below(3)) {
    case 0:
      quantize_and_multiply(numbers, values);
      break;
    case 1:
      attend(numbers, values);
      break;
    default:
      normalize_rows(numbers, values);
  }
  return 0;
}
