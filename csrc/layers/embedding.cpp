#include "layers/layers.h"

namespace tinyguard::layers {

void embedding(const EncoderKernels& kernels, const EmbeddingWeights& weights, size_t texts, size_t places,
               size_t width, const int64_t* ids, const float* shift, float* y) {
  for (size_t b = 0; b < texts; ++b) {
    for (size_t t = 0; t < places; ++t) {
      const size_t id = static_cast<size_t>(ids[b * places + t]);
      kernels.embed(weights.table + id * width, weights.scale[id], weights.positions + t * width,
                    shift + b * width, weights.norm, width, y + (b * places + t) * width);
    }
  }
}

}  // namespace tinyguard::layers
