#include "ops/kernel.h"

namespace tinyguard::ops {
namespace {

std::string shown(const int64_t* dims, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i) {
    if (i > 0) text += ", ";
    text += dims[i] < 0 ? "any" : std::to_string(dims[i]);
  }
  return text + "]";
}

}  // namespace

void Call::check(OrtStatus* status) const {
  if (status == nullptr) return;
  api_.release_status(status);
  throw Refusal{"onnxruntime refused access to an input or output"};
}

Tensor Call::input(size_t index) const {
  const OrtValue* value = nullptr;
  check(api_.input(context_, index, &value));
  if (value == nullptr) throw Refusal{"input " + std::to_string(index) + " is missing"};
  OrtTensorTypeAndShapeInfo* shape = nullptr;
  check(api_.shape(value, &shape));
  Tensor tensor{};
  OrtStatus* status = api_.rank(shape, &tensor.rank);
  if (status == nullptr && tensor.rank <= Tensor::kMostDimensions) {
    status = api_.dimensions(shape, tensor.dims, tensor.rank);
  }
  api_.release_shape(shape);
  check(status);
  if (tensor.rank > Tensor::kMostDimensions) {
    throw Refusal{"input " + std::to_string(index) + " has " + std::to_string(tensor.rank) + " dimensions"};
  }
  void* data = nullptr;
  check(api_.tensor_data(const_cast<OrtValue*>(value), &data));
  tensor.data = data;
  return tensor;
}

Tensor Call::input(size_t index, const char* name, std::initializer_list<int64_t> dims) const {
  const Tensor tensor = input(index);
  bool fits = tensor.rank == dims.size();
  for (size_t i = 0; fits && i < tensor.rank; ++i) {
    const int64_t wanted = dims.begin()[i];
    fits = wanted < 0 || wanted == tensor.dims[i];
  }
  if (!fits) {
    throw Refusal{std::string(name) + " has the shape " + shown(tensor.dims, tensor.rank) + ", not " +
                  shown(dims.begin(), dims.size())};
  }
  return tensor;
}

void* Call::output_bytes(size_t index, std::initializer_list<int64_t> dims) const {
  OrtValue* value = nullptr;
  check(api_.output(context_, index, dims.begin(), dims.size(), &value));
  if (value == nullptr) throw Refusal{"output " + std::to_string(index) + " is missing"};
  void* data = nullptr;
  check(api_.tensor_data(value, &data));
  return data;
}

layers::Linear Call::linear(size_t index, const char* name, int64_t outputs, int64_t inputs,
                            int64_t count) const {
  const std::string base = name;
  if (outputs % 16 != 0 || inputs % 4 != 0) {
    throw Refusal{base + " has " + std::to_string(outputs) + " outputs and " + std::to_string(inputs) +
                  " inputs, which must be multiples of 16 and 4"};
  }
  const auto part = [&](size_t offset, const char* suffix, std::initializer_list<int64_t> dims,
                        std::initializer_list<int64_t> repeated) {
    return input(index + offset, (base + suffix).c_str(), count == 0 ? dims : repeated).data;
  };
  const int64_t panels = outputs / 16, steps = inputs / 4;
  return {
      static_cast<const int8_t*>(part(0, " weight", {panels, steps, 16, 4}, {count, panels, steps, 16, 4})),
      static_cast<const float*>(part(1, " scale", {outputs}, {count, outputs})),
      static_cast<const float*>(part(2, " bias", {outputs}, {count, outputs})),
      static_cast<const int32_t*>(part(3, " sums", {outputs}, {count, outputs})),
      static_cast<size_t>(outputs),
      static_cast<size_t>(inputs)};
}

layers::Norm Call::norm(size_t index, const char* name, int64_t width) const {
  const std::string base = name;
  return {input(index, (base + " gamma").c_str(), {width}).as<float>(),
          input(index + 1, (base + " beta").c_str(), {width}).as<float>()};
}

}  // namespace tinyguard::ops
