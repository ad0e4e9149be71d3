// Texts that go through a layer together: their real tokens form one matrix, so that short texts share the
// weights while they are in the cache.
#pragma once

#include <algorithm>
#include <cstring>

#include "layers/layers.h"
#include "layers/scratch.h"

namespace tinyguard::layers {

constexpr size_t kGroupRows = 512;  // tokens at which a group is full; one text may have more
constexpr size_t kChunkRows =
    48;  // tokens whose feed-forward hidden values (300 KB at 1,536) stay in the cache

struct Group {
  size_t first;  // texts first … last - 1
  size_t last;
  size_t rows;
};

inline Group next_group(const Batch& batch, size_t first) {
  Group group{first, first, 0};
  while (group.last < batch.texts) {
    const size_t more = static_cast<size_t>(batch.lengths[group.last]);
    if (group.last > first && group.rows + more > kGroupRows) break;
    group.rows += more;
    ++group.last;
  }
  return group;
}

inline size_t largest_group(const Batch& batch) {
  size_t most = 0;
  for (Group group{0, 0, 0}; group.last < batch.texts;) {
    group = next_group(batch, group.last);
    most = std::max(most, group.rows);
  }
  return most;
}

// Calls visit(text, first row of the group, number of rows, offset of the text's values in [B][T][D]).
template <typename Visit>
void each_text(const Batch& batch, const Group& group, Visit visit) {
  size_t row = 0;
  for (size_t b = group.first; b < group.last; ++b) {
    const size_t count = static_cast<size_t>(batch.lengths[b]);
    visit(b, row, count, b * batch.places * batch.width);
    row += count;
  }
}

inline Rows take_rows(Scratch& scratch, size_t rows, size_t width) {
  return {scratch.take<uint8_t>(rows * width), scratch.take<float>(rows), scratch.take<int32_t>(rows)};
}

// Rows `from` … of rows that are `width` wide.
inline Rows rows_from(const Rows& rows, size_t width, size_t from) {
  return {rows.values + from * width, rows.scale + from, rows.zero + from};
}

// Attention with its residual and LayerNorm.
class AttentionPart {
 public:
  AttentionPart(const EncoderKernels& kernels, const AttentionWeights& weights, const Batch& batch,
                size_t rows, Scratch& scratch);
  // x [B][T][D]; hidden [rows][D]: the tokens of the group after the part, row by row.
  void run(const Group& group, const float* x, float* hidden);

 private:
  void attend(const Group& group, size_t head);

  const EncoderKernels& kernels_;
  const AttentionWeights& weights_;
  const Batch& batch_;
  Rows quantized_;
  float* mixed_;    // [rows][D]
  float* columns_;  // [rows][stride]: a head's q, k and v
  float* scratch_;
};

// y [count][D] = down(GELU(up(x))), x quantized.
class FeedForwardPart {
 public:
  FeedForwardPart(const EncoderKernels& kernels, size_t hidden, Scratch& scratch)
      : kernels_(kernels), hidden_(hidden) {
    values_ = scratch.take<float>(kChunkRows * hidden);
    quantized_ = take_rows(scratch, kChunkRows, hidden);
  }

  void run(const Linear& up, const Linear& down, const Rows& x, size_t count, float* y) const {
    for (size_t row = 0; row < count; row += kChunkRows) {
      const size_t rows = std::min(kChunkRows, count - row);
      const Rows from = rows_from(x, up.inputs, row);
      kernels_.linear(from, rows, up, 0, up.outputs / kernels::kLanes, values_, hidden_);
      for (size_t r = 0; r < rows; ++r) kernels_.gelu_quantize(values_ + r * hidden_, hidden_, quantized_, r);
      const size_t width = down.outputs;
      kernels_.linear(quantized_, rows, down, 0, width / kernels::kLanes, y + row * width, width);
    }
  }

 private:
  const EncoderKernels& kernels_;
  size_t hidden_;
  float* values_;
  Rows quantized_;
};

inline void clear_padding(const Batch& batch, float* y) {
  for (size_t b = 0; b < batch.texts; ++b) {
    const size_t real = static_cast<size_t>(batch.lengths[b]);
    std::memset(y + (b * batch.places + real) * batch.width, 0,
                (batch.places - real) * batch.width * sizeof(float));
  }
}

}  // namespace tinyguard::layers
