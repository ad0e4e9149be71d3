#include <algorithm>

#include "layers/layers.h"

namespace tinyguard::layers {

void embedding(const EncoderKernels& kernels, const EmbeddingWeights& weights, size_t texts, size_t places,
               size_t width, const int64_t* ids, const float* shift, float* y) {
  constexpr size_t kAhead = 8, kLine = 64;
  const size_t count = texts * places;
  const auto fetch = [&](size_t i) {
    // Rows lie anywhere in a table that no cache holds.
    const int8_t* row = weights.table + static_cast<size_t>(ids[i]) * width;
    for (size_t c = 0; c < width; c += kLine) kernels.prefetch(row + c);
    kernels.prefetch(reinterpret_cast<const int8_t*>(weights.scale + ids[i]));
  };
  for (size_t i = 0; i < std::min(kAhead, count); ++i) fetch(i);
  for (size_t b = 0; b < texts; ++b) {
    for (size_t t = 0; t < places; ++t) {
      if (b * places + t + kAhead < count) fetch(b * places + t + kAhead);
      const size_t id = static_cast<size_t>(ids[b * places + t]);
      kernels.embed(weights.table + id * width, weights.scale[id], weights.positions + t * width,
                    shift + b * width, weights.norm, width, y + (b * places + t) * width);
    }
  }
}

}  // namespace tinyguard::layers
