#include "layers/group.h"

namespace tinyguard::layers {
namespace {

using kernels::kLanes;

// The panels of 16 outputs that hold a head's columns of q, k or v: all of their own where a head's size is a
// multiple of 16, shared with the neighbours otherwise.
struct Columns {
  size_t panel;
  size_t panels;
  size_t skip;  // columns of the first panel that are another head's
};

Columns columns_of(size_t width, size_t size, size_t part, size_t head) {
  const size_t first = part * width + head * size;
  const size_t panel = first / kLanes;
  return {panel, (first + size + kLanes - 1) / kLanes - panel, first % kLanes};
}

// Panels that no head exceeds.
size_t most_panels(size_t size) { return size % kLanes == 0 ? size / kLanes : size / kLanes + 2; }

}  // namespace

AttentionPart::AttentionPart(const EncoderKernels& kernels, const AttentionWeights& weights,
                             const Batch& batch, size_t rows, Scratch& scratch)
    : kernels_(kernels), weights_(weights), batch_(batch) {
  const size_t size = batch.width / weights.heads;
  quantized_ = take_rows(scratch, rows, batch.width);
  mixed_ = scratch.take<float>(rows * batch.width);
  columns_ = scratch.take<float>(rows * 3 * most_panels(size) * kLanes + kLanes);
  size_t longest = 0;
  for (size_t b = 0; b < batch.texts; ++b) longest = std::max(longest, static_cast<size_t>(batch.lengths[b]));
  scratch_ = scratch.take<float>(kernels::attention_scratch(longest, size));
}

void AttentionPart::attend(const Group& group, size_t head) {
  const size_t size = batch_.width / weights_.heads;
  const size_t part_width = most_panels(size) * kLanes;
  const size_t stride = 3 * part_width;
  const float* start[3];
  for (size_t part = 0; part < 3; ++part) {
    const Columns columns = columns_of(batch_.width, size, part, head);
    float* to = columns_ + part * part_width;
    kernels_.linear(quantized_, group.rows, weights_.qkv, columns.panel, columns.panels, to, stride);
    start[part] = to + columns.skip;
  }
  each_text(batch_, group, [&](size_t, size_t row, size_t count, size_t) {
    if (count == 0) return;
    const size_t at = row * stride;
    const kernels::Head one{start[0] + at, start[1] + at, start[2] + at, stride, count, size};
    kernels_.attention(one, mixed_ + row * batch_.width + head * size, batch_.width, scratch_);
  });
}

void AttentionPart::run(const Group& group, const float* x, float* hidden) {
  const size_t width = batch_.width;
  each_text(batch_, group, [&](size_t, size_t row, size_t count, size_t offset) {
    for (size_t i = 0; i < count; ++i) {
      kernels_.quantize(x + offset + i * width, width, rows_from(quantized_, width, row), i);
    }
  });
  for (size_t head = 0; head < weights_.heads; ++head) attend(group, head);
  for (size_t r = 0; r < group.rows; ++r) kernels_.quantize(mixed_ + r * width, width, quantized_, r);
  kernels_.linear(quantized_, group.rows, weights_.out, 0, width / kLanes, hidden, width);
  each_text(batch_, group, [&](size_t, size_t row, size_t count, size_t offset) {
    for (size_t i = 0; i < count; ++i) {
      float* to = hidden + (row + i) * width;
      kernels_.add_norm(to, x + offset + i * width, weights_.norm, width, to);
    }
  });
}

}  // namespace tinyguard::layers
