// Prints a hash of every kernel's results on the same made-up inputs, for one instruction set: run on two
// machines (or under an emulator), equal lines are equal bits. Usage: kernel_sums ISA
#include <cstdio>
#include <cstring>
#include <vector>

#include "kernels/encoder.h"
#include "layers/select.h"

using namespace tinyguard;
using kernels::kLanes;

namespace {

uint64_t state = 1;
uint32_t draw() {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return static_cast<uint32_t>((state * 2685821657736338717ull) >> 32);
}
float uniform(float scale) { return scale * (static_cast<float>(draw() >> 8) / 8388608.0f - 1.0f); }
std::vector<float> floats(size_t count, float scale) {
  std::vector<float> x(count);
  for (float& value : x) value = uniform(scale);
  return x;
}

template <typename T>
void print(const char* name, const std::vector<T>& values) {
  uint64_t hash = 14695981039346656037ull;  // FNV-1a
  const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
  for (size_t i = 0; i < values.size() * sizeof(T); ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  std::printf("%s %016llx\n", name, static_cast<unsigned long long>(hash));
}

struct Quantized {
  std::vector<uint8_t> values;
  std::vector<float> scale;
  std::vector<int32_t> zero;
  Quantized(size_t rows, size_t width) : values(rows * width), scale(rows), zero(rows) {}
  kernels::Rows rows() { return {values.data(), scale.data(), zero.data()}; }
};

}  // namespace

int main(int count, char** arguments) {
  std::string error;
  const kernels::EncoderKernels* k = layers::select(count > 1 ? arguments[1] : "", error);
  if (k == nullptr) return std::fprintf(stderr, "%s\n", error.c_str()), 1;

  constexpr size_t kWidth = 384, kOutputs = 112, kRows = 29;
  std::vector<float> x = floats(kRows * kWidth, 3.0f);
  x[5] = 80.0f;
  Quantized quantized(kRows, kWidth);
  for (size_t r = 0; r < kRows; ++r) k->quantize(x.data() + r * kWidth, kWidth, quantized.rows(), r);
  print("quantize", quantized.values);
  print("quantize.scale", quantized.scale);
  print("quantize.zero", quantized.zero);

  std::vector<float> activated = x;
  Quantized after(kRows, kWidth);
  for (size_t r = 0; r < kRows; ++r) k->gelu_quantize(activated.data() + r * kWidth, kWidth, after.rows(), r);
  print("gelu", activated);
  print("gelu.quantize", after.values);

  std::vector<int8_t> weight(kOutputs * kWidth);
  for (int8_t& w : weight) w = static_cast<int8_t>(static_cast<int>(draw() % 255) - 127);
  std::vector<int32_t> sums(kOutputs);
  for (size_t i = 0; i < weight.size(); ++i) {
    sums[i / (kLanes * kWidth) * kLanes + i / 4 % kLanes] += weight[i];
  }
  const std::vector<float> scale = floats(kOutputs, 0.01f), bias = floats(kOutputs, 1.0f);
  const kernels::Linear map{weight.data(), scale.data(), bias.data(), sums.data(), kOutputs, kWidth};
  for (const size_t rows : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, kRows}) {
    std::vector<float> y(rows * kOutputs);
    k->linear(quantized.rows(), rows, map, 0, kOutputs / kLanes, y.data(), kOutputs);
    print("linear", y);
  }

  for (const size_t tokens : {size_t{1}, size_t{17}, size_t{130}}) {
    for (const size_t size : {size_t{10}, size_t{32}, size_t{48}}) {
      const std::vector<float> qkv = floats(tokens * 3 * size + kLanes, 3.0f);
      std::vector<float> out(tokens * size), scratch(kernels::attention_scratch(tokens, size));
      const kernels::Head head{qkv.data(), qkv.data() + size, qkv.data() + 2 * size, 3 * size, tokens, size};
      k->attention(head, out.data(), size, scratch.data());
      print("attention", out);
    }
  }

  const std::vector<float> gamma = floats(kWidth, 1.0f), beta = floats(kWidth, 1.0f);
  const kernels::Norm norm{gamma.data(), beta.data()};
  std::vector<float> y(kWidth);
  k->add_norm(x.data(), x.data() + kWidth, norm, kWidth, y.data());
  print("add_norm", y);
  k->embed(weight.data(), 0.01f, x.data(), x.data() + kWidth, norm, kWidth, y.data());
  print("embed", y);
  k->add_scaled(x.data(), 0.3f, kWidth, y.data());
  print("add_scaled", y);
  print("dot", std::vector<float>{k->dot(x.data(), y.data(), kWidth), k->exp2(-3.7f), k->exp2(-126.0f)});
  return 0;
}
