// Rows of 16 bits for the INT8 kernels: two of 8 bits each, the second what rounding to the first left.
#pragma once

#include "layers/group.h"

namespace tinyguard::layers {

// x [count][width] to rows 2 r and 2 r + 1 of `rows`; `rest` has room for a row.
inline void quantize_fine(const EncoderKernels& kernels, const float* x, size_t count, size_t width,
                          const Rows& rows, float* rest) {
  for (size_t r = 0; r < count; ++r) {
    const float* row = x + r * width;
    kernels.quantize(row, width, rows, 2 * r);
    const uint8_t* values = rows.values + 2 * r * width;
    const float scale = rows.scale[2 * r];
    const int32_t zero = rows.zero[2 * r];
    for (size_t i = 0; i < width; ++i) rest[i] = row[i] - scale * static_cast<float>(values[i] - zero);
    kernels.quantize(rest, width, rows, 2 * r + 1);
  }
}

// The linear map of such rows: each pair's sum, without the second bias, to y [count][outputs]; `both` has
// room for the outputs of 2 count rows.
inline void linear_fine(const EncoderKernels& kernels, const Rows& rows, size_t count, const Linear& map,
                        float* both, float* y) {
  const size_t outputs = map.outputs;
  kernels.linear(rows, 2 * count, map, 0, outputs / kernels::kLanes, both, outputs);
  for (size_t r = 0; r < count; ++r) {
    const float *first = both + 2 * r * outputs, *second = first + outputs;
    for (size_t n = 0; n < outputs; ++n) y[r * outputs + n] = first[n] + (second[n] - map.bias[n]);
  }
}

}  // namespace tinyguard::layers
