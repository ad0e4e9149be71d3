// Counts what the layers allocate: on a thread's first texts its working memory, on later ones of no greater
// length nothing. Exits with 1 and says which layer allocates.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include "layers/layers.h"

using namespace tinyguard;
using namespace tinyguard::layers;

namespace {
size_t allocations = 0;

void* counted(size_t bytes) {
  ++allocations;
  void* memory = std::malloc(bytes);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(size_t bytes) { return counted(bytes); }
void* operator new[](size_t bytes) { return counted(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace {

constexpr size_t kWidth = 32, kHidden = 48, kExperts = 4, kTexts = 3, kPlaces = 70;

struct Weights {
  std::vector<int8_t> integers = std::vector<int8_t>(kExperts * 3 * kHidden * kHidden, 1);
  std::vector<float> floats = std::vector<float>(kExperts * kHidden * kHidden, 0.01f);
  std::vector<int32_t> sums = std::vector<int32_t>(kExperts * 3 * kHidden, 1);

  Linear map(size_t outputs, size_t inputs) const {
    return {integers.data(), floats.data(), floats.data(), sums.data(), outputs, inputs};
  }
  Norm norm() const { return {floats.data(), floats.data()}; }
};

}  // namespace

int main() {
  const kernels::EncoderKernels& kernels = kernels::kPortableEncoder;
  const Weights w;
  std::vector<float> x(kTexts * kPlaces * kWidth, 0.5f), y(kTexts * kPlaces * 3 * kHidden);
  const int64_t lengths[kTexts] = {70, 3, 40}, shorter[kTexts] = {64, 1, 40}, scales[2] = {1, 4};
  const AttentionWeights attention{w.map(3 * kWidth, kWidth), w.map(kWidth, kWidth), w.norm(), 2};
  const Linear up = w.map(kHidden, kWidth), down = w.map(kWidth, kHidden);
  const DenseWeights dense{attention, up, down, w.norm()};
  const ExpertWeights experts{attention, w.floats.data(), kExperts, 2, up, down, w.norm()};
  const ScaleWeights pooling{w.floats.data(), scales, 2};
  const PatternWeights patterns{w.map(16, kWidth), w.map(32, 16), 20};
  const RouterWeights router{w.floats.data(), w.floats.data(), w.floats.data(), w.floats.data(), 12, 8, 3};
  const NgramWeights hashed{w.integers.data(), 64, 0.5f};

  const auto everything = [&](const Batch& batch, const char** name, size_t* spent) {
    size_t step = 0;
    const auto measured = [&](const char* what, auto body) {
      const size_t before = allocations;
      body();
      name[step] = what;
      spent[step++] = allocations - before;
    };
    measured("dense layer", [&] { dense_layer(kernels, dense, batch, x.data(), y.data()); });
    measured("expert layer", [&] { expert_layer(kernels, experts, batch, x.data(), y.data()); });
    measured("pool", [&] { pool(batch, x.data(), y.data()); });
    measured("pool scales", [&] { pool_scales(kernels, pooling, batch, x.data(), y.data()); });
    measured("cosines", [&] { highest_cosines(kernels, patterns, batch, x.data(), y.data()); });
    measured("fine linear", [&] { fine_linear(kernels, up, kTexts, x.data(), y.data()); });
    measured("router", [&] { route(router, {x.data(), 0.1f, 70, x.data()}, y.data()); });
    measured("n-grams", [&] { y[0] = ngrams(hashed, lengths, kTexts); });
    return step;
  };
  const char* names[16];
  size_t spent[16], total = 0;
  size_t steps = everything({kTexts, kPlaces, kWidth, lengths}, names, spent);
  for (size_t i = 0; i < steps; ++i) total += spent[i];
  if (total == 0) return std::fprintf(stderr, "nothing is counted\n"), 1;
  // Blocks of the first round are joined into one in the second.
  everything({kTexts, kPlaces, kWidth, lengths}, names, spent);
  for (const int64_t* round : {lengths, shorter, lengths}) {
    steps = everything({kTexts, kPlaces, kWidth, round}, names, spent);
    for (size_t i = 0; i < steps; ++i) {
      if (spent[i] != 0) return std::fprintf(stderr, "%s: %zu allocations\n", names[i], spent[i]), 1;
    }
  }
  return 0;
}
