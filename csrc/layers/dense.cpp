#include "layers/group.h"

namespace tinyguard::layers {

void dense_layer(const EncoderKernels& kernels, const DenseWeights& weights, const Batch& batch,
                 const float* x, float* y) {
  const size_t width = batch.width;
  const size_t most = largest_group(batch);
  Scratch& scratch = Scratch::of_thread();
  AttentionPart attention(kernels, weights.attention, batch, most, scratch);
  const FeedForwardPart feed(kernels, weights.up.outputs, scratch);
  float* hidden = scratch.take<float>(most * width);
  float* fed = scratch.take<float>(kChunkRows * width);
  const Rows quantized = take_rows(scratch, kChunkRows, width);

  clear_padding(batch, y);
  for (Group group{0, 0, 0}; group.last < batch.texts;) {
    group = next_group(batch, group.last);
    attention.run(group, x, hidden);
    // Chunks run across texts; where a row of the group goes is kept by walking along the texts.
    size_t text = group.first, place = 0;
    for (size_t row = 0; row < group.rows; row += kChunkRows) {
      const size_t rows = std::min(kChunkRows, group.rows - row);
      for (size_t r = 0; r < rows; ++r) kernels.quantize(hidden + (row + r) * width, width, quantized, r);
      feed.run(weights.up, weights.down, quantized, rows, fed);
      for (size_t r = 0; r < rows; ++r) {
        while (place == static_cast<size_t>(batch.lengths[text])) ++text, place = 0;
        float* to = y + (text * batch.places + place++) * width;
        kernels.add_norm(fed + r * width, hidden + (row + r) * width, weights.norm, width, to);
      }
    }
  }
}

}  // namespace tinyguard::layers
