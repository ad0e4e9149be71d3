#include "layers/fine_rows.h"

namespace tinyguard::layers {

void fine_linear(const EncoderKernels& kernels, const Linear& map, size_t rows, const float* x, float* y) {
  Scratch& scratch = Scratch::of_thread();
  const Rows fine = take_rows(scratch, 2 * rows, map.inputs);
  float* rest = scratch.take<float>(map.inputs);
  float* both = scratch.take<float>(2 * rows * map.outputs);
  quantize_fine(kernels, x, rows, map.inputs, fine, rest);
  linear_fine(kernels, fine, rows, map, both, y);
}

}  // namespace tinyguard::layers
