#include <cmath>

#include "layers/fine_rows.h"

namespace tinyguard::layers {

// In 16 bits: the highest of many cosines would pick the largest rounding errors.
void highest_cosines(const EncoderKernels& kernels, const PatternWeights& weights, const Batch& batch,
                     const float* x, float* y) {
  constexpr size_t kRows = kChunkRows / 2;
  const size_t width = batch.width, projected = weights.project.outputs, padded = weights.prototypes.outputs;
  Scratch& scratch = Scratch::of_thread();
  const Rows tokens = take_rows(scratch, 2 * kRows, width);
  const Rows points = take_rows(scratch, 2 * kRows, projected);
  float* rest = scratch.take<float>(std::max(width, projected));
  float* both = scratch.take<float>(2 * kRows * std::max(projected, padded));
  float* point = scratch.take<float>(kRows * projected);
  float* products = scratch.take<float>(kRows * padded);
  for (size_t b = 0; b < batch.texts; ++b) {
    float* highest = y + b * weights.count;
    std::fill(highest, highest + weights.count, -1.0f);
    const auto count = static_cast<size_t>(batch.lengths[b]);
    for (size_t start = 0; start < count; start += kRows) {
      const size_t rows = std::min(kRows, count - start);
      quantize_fine(kernels, x + (b * batch.places + start) * width, rows, width, tokens, rest);
      linear_fine(kernels, tokens, rows, weights.project, both, point);
      quantize_fine(kernels, point, rows, projected, points, rest);
      linear_fine(kernels, points, rows, weights.prototypes, both, products);
      for (size_t r = 0; r < rows; ++r) {
        const float* row = point + r * projected;
        const float norm = std::sqrt(kernels.dot(row, row, projected));
        const float inverse = 1.0f / (norm < 1e-12f ? 1e-12f : norm);
        for (size_t p = 0; p < weights.count; ++p) {
          const float cosine = products[r * padded + p] * inverse;
          highest[p] = cosine <= highest[p] ? highest[p] : cosine;
        }
      }
    }
  }
}

}  // namespace tinyguard::layers
