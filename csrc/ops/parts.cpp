// The kernels on their own, one op each: what a test compares with the reference and a benchmark times.
// `Linear` also serves graphs that have a quantized map outside of a layer.
#include "layers/group.h"
#include "ops/kernel.h"

namespace tinyguard::ops {
namespace {

layers::Rows quantized_output(const Call& call, int64_t rows, int64_t width) {
  auto* values = static_cast<uint8_t*>(call.output_bytes(0, {rows, width}));
  auto* scale = static_cast<float*>(call.output_bytes(1, {rows}));
  auto* zero = static_cast<int32_t*>(call.output_bytes(2, {rows}));
  return {values, scale, zero};
}

}  // namespace

void compute_quantize(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1});
  const int64_t rows = x.dims[0], width = x.dims[1];
  check_width(width);
  const layers::Rows out = quantized_output(call, rows, width);
  for (int64_t r = 0; r < rows; ++r) call.kernels.quantize(x.as<float>() + r * width, width, out, r);
}

void compute_gelu_quantize(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1});
  const int64_t rows = x.dims[0], width = x.dims[1];
  check_width(width);
  const layers::Rows out = quantized_output(call, rows, width);
  float* gelu = call.output(3, {rows, width});
  std::memcpy(gelu, x.data, sizeof(float) * rows * width);
  for (int64_t r = 0; r < rows; ++r) call.kernels.gelu_quantize(gelu + r * width, width, out, r);
}

void compute_linear(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1});
  const int64_t rows = x.dims[0], inputs = x.dims[1];
  check_width(inputs);
  const int64_t outputs = call.input(1, "weight", {-1, inputs / 4, 16, 4}).dims[0] * 16;
  const layers::Linear map = call.linear(1, "linear", outputs, inputs);
  float* y = call.output(0, {rows, outputs});
  layers::Scratch& scratch = layers::Scratch::of_thread();
  const layers::Rows quantized = layers::take_rows(scratch, rows, inputs);
  for (int64_t r = 0; r < rows; ++r) call.kernels.quantize(x.as<float>() + r * inputs, inputs, quantized, r);
  call.kernels.linear(quantized, rows, map, 0, outputs / 16, y, outputs);
}

void compute_attention(const Call& call) {
  const Tensor qkv = call.input(0, "qkv", {-1, 3, -1});
  const int64_t tokens = qkv.dims[0], size = qkv.dims[2];
  float* y = call.output(0, {tokens, size});
  if (tokens == 0 || size == 0) return;
  layers::Scratch& scratch = layers::Scratch::of_thread();
  // Rows of the input end where the next begin; the kernel may read a vector further.
  float* values = scratch.take<float>(tokens * 3 * size + kernels::kLanes);
  std::memcpy(values, qkv.data, sizeof(float) * tokens * 3 * size);
  float* work = scratch.take<float>(kernels::attention_scratch(tokens, size));
  const kernels::Head head{values,
                           values + size,
                           values + 2 * size,
                           static_cast<size_t>(3 * size),
                           static_cast<size_t>(tokens),
                           static_cast<size_t>(size)};
  call.kernels.attention(head, y, size, work);
}

void compute_add_norm(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1});
  const int64_t rows = x.dims[0], width = x.dims[1];
  check_width(width);
  const Tensor residual = call.input(1, "residual", {rows, width});
  const layers::Norm norm = call.norm(2, "norm", width);
  float* y = call.output(0, {rows, width});
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t at = r * width;
    call.kernels.add_norm(x.as<float>() + at, residual.as<float>() + at, norm, width, y + at);
  }
}

}  // namespace tinyguard::ops
