#include "layers/group.h"

namespace tinyguard::layers {

void fine_linear(const EncoderKernels& kernels, const Linear& map, size_t rows, const float* x, float* y) {
  const size_t inputs = map.inputs, outputs = map.outputs;
  Scratch& scratch = Scratch::of_thread();
  const Rows coarse = take_rows(scratch, 2 * rows, inputs);
  float* rest = scratch.take<float>(inputs);
  float* both = scratch.take<float>(2 * rows * outputs);
  for (size_t r = 0; r < rows; ++r) {
    const float* row = x + r * inputs;
    kernels.quantize(row, inputs, coarse, 2 * r);
    const uint8_t* values = coarse.values + 2 * r * inputs;
    const float scale = coarse.scale[2 * r];
    const int32_t zero = coarse.zero[2 * r];
    for (size_t i = 0; i < inputs; ++i) rest[i] = row[i] - scale * static_cast<float>(values[i] - zero);
    kernels.quantize(rest, inputs, coarse, 2 * r + 1);
  }
  kernels.linear(coarse, 2 * rows, map, 0, outputs / kernels::kLanes, both, outputs);
  for (size_t r = 0; r < rows; ++r) {
    const float *first = both + 2 * r * outputs, *second = first + outputs;
    // Both have the bias.
    for (size_t n = 0; n < outputs; ++n) y[r * outputs + n] = first[n] + (second[n] - map.bias[n]);
  }
}

}  // namespace tinyguard::layers
