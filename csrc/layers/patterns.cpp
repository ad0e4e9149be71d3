#include <cmath>

#include "layers/group.h"

namespace tinyguard::layers {

void highest_cosines(const EncoderKernels& kernels, const PatternWeights& weights, const Batch& batch,
                     const float* x, float* y) {
  const size_t width = batch.width, projected = weights.project.outputs, padded = weights.prototypes.outputs;
  Scratch& scratch = Scratch::of_thread();
  const Rows tokens = take_rows(scratch, kChunkRows, width);
  const Rows points = take_rows(scratch, kChunkRows, projected);
  float* point = scratch.take<float>(kChunkRows * projected);
  float* inverse = scratch.take<float>(kChunkRows);
  float* products = scratch.take<float>(kChunkRows * padded);
  for (size_t b = 0; b < batch.texts; ++b) {
    float* highest = y + b * weights.count;
    std::fill(highest, highest + weights.count, -1.0f);
    const auto count = static_cast<size_t>(batch.lengths[b]);
    for (size_t start = 0; start < count; start += kChunkRows) {
      const size_t rows = std::min(kChunkRows, count - start);
      const float* from = x + (b * batch.places + start) * width;
      for (size_t r = 0; r < rows; ++r) kernels.quantize(from + r * width, width, tokens, r);
      kernels.linear(tokens, rows, weights.project, 0, projected / kernels::kLanes, point, projected);
      for (size_t r = 0; r < rows; ++r) {
        const float* row = point + r * projected;
        const float norm = std::sqrt(kernels.dot(row, row, projected));
        inverse[r] = 1.0f / (norm < 1e-12f ? 1e-12f : norm);
        kernels.quantize(row, projected, points, r);
      }
      kernels.linear(points, rows, weights.prototypes, 0, padded / kernels::kLanes, products, padded);
      for (size_t r = 0; r < rows; ++r) {
        for (size_t p = 0; p < weights.count; ++p) {
          const float cosine = products[r * padded + p] * inverse[r];
          highest[p] = cosine <= highest[p] ? highest[p] : cosine;
        }
      }
    }
  }
}

}  // namespace tinyguard::layers
