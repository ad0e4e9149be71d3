// What an op is to this library: a row of a table, and a function over the inputs. Errors travel as `Refusal`
// within the library and become an OrtStatus at its border (op_table.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "kernels/encoder.h"
#include "layers/layers.h"
#include "ops/ort_api.h"

namespace tinyguard::ops {

struct Refusal {
  std::string message;
};

struct Attributes {
  int64_t heads = 0;
  int64_t experts_per_token = 0;
  int64_t prototypes = 0;
};

// An input as it lies in memory.
struct Tensor {
  static constexpr size_t kMostDimensions = 8;
  const void* data;
  int64_t dims[kMostDimensions];
  size_t rank;

  template <typename T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
};

// The context of one call.
class Call {
 public:
  Call(const Api& api, OrtKernelContext* context, const kernels::EncoderKernels& kernels,
       const Attributes& attributes)
      : kernels(kernels), attributes(attributes), api_(api), context_(context) {}

  Tensor input(size_t index) const;
  // Input `index`, named in errors, with these dimensions; -1 stands for any.
  Tensor input(size_t index, const char* name, std::initializer_list<int64_t> dims) const;
  float* output(size_t index, std::initializer_list<int64_t> dims) const {
    return static_cast<float*>(output_bytes(index, dims));
  }
  void* output_bytes(size_t index, std::initializer_list<int64_t> dims) const;

  // Inputs `index` … `index` + 3: a linear map of N outputs and K inputs, repeated `count` times when count
  // is given.
  layers::Linear linear(size_t index, const char* name, int64_t outputs, int64_t inputs,
                        int64_t count = 0) const;
  layers::Norm norm(size_t index, const char* name, int64_t width) const;

  const kernels::EncoderKernels& kernels;
  const Attributes& attributes;

 private:
  void check(OrtStatus* status) const;

  const Api& api_;
  OrtKernelContext* context_;
};

// Refuses a width that is not a positive multiple of 16.
void check_width(int64_t width);

// Inputs 0 and 1 of what works on texts: x and lengths, which must lie within it.
struct Values {
  const float* x;
  int64_t texts, places, width;
  layers::Batch batch;
};
Values values(const Call& call);
// Refuses lengths [texts] of which one is not within `places`, the tokens of the input of this name.
const int64_t* lengths_within(const Tensor& lengths, int64_t texts, int64_t places, const char* name);

using Compute = void (*)(const Call& call);

struct Op {
  const char* name;
  const ElementType* inputs;
  size_t input_count;
  const ElementType* outputs;
  size_t output_count;
  Compute compute;
  // The attributes that it has.
  bool heads;
  bool experts_per_token;
  bool prototypes;
};

extern const Op kOps[];
extern const size_t kOpCount;

void compute_embedding(const Call& call);
void compute_dense_layer(const Call& call);
void compute_expert_layer(const Call& call);
void compute_quantize(const Call& call);
void compute_gelu_quantize(const Call& call);
void compute_fine_linear(const Call& call);
void compute_pool(const Call& call);
void compute_pool_scales(const Call& call);
void compute_highest_cosines(const Call& call);
void compute_router(const Call& call);
void compute_ngrams(const Call& call);
void compute_linear(const Call& call);
void compute_attention(const Call& call);
void compute_add_norm(const Call& call);

}  // namespace tinyguard::ops
