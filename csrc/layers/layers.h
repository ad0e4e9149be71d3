// The encoder's parts over plain memory. Shapes are the caller's to check; `scratch` may throw
// std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/encoder.h"

namespace tinyguard::layers {

using kernels::EncoderKernels;
using kernels::Linear;
using kernels::Norm;
using kernels::Rows;

// B texts of T places; the first lengths[b] of a text are real tokens. Values are [B][T][D].
struct Batch {
  size_t texts;
  size_t places;
  size_t width;
  const int64_t* lengths;
};

struct AttentionWeights {
  Linear qkv;  // outputs q | k | v, each D wide; head h is columns h * D / heads …
  Linear out;
  Norm norm;
  size_t heads;
};

struct DenseWeights {
  AttentionWeights attention;
  Linear up;
  Linear down;
  Norm norm;
};

// `up` and `down` are the first expert's; the others follow it in memory.
struct ExpertWeights {
  AttentionWeights attention;
  const float* gate;  // [E][D]
  size_t experts;
  size_t experts_per_token;
  Linear up;
  Linear down;
  Norm norm;
};

struct EmbeddingWeights {
  const int8_t* table;  // [V][D]
  const float* scale;   // [V]
  const float* positions;
  Norm norm;
};

// Post-LayerNorm layers: x [B][T][D] to y [B][T][D]; padding comes out as zeros.
void dense_layer(const EncoderKernels& kernels, const DenseWeights& weights, const Batch& batch,
                 const float* x, float* y);
void expert_layer(const EncoderKernels& kernels, const ExpertWeights& weights, const Batch& batch,
                  const float* x, float* y);

// ids [B][T], all of them within the table, and shift [B][D] to y [B][T][D]; every place is computed.
void embedding(const EncoderKernels& kernels, const EmbeddingWeights& weights, size_t texts, size_t places,
               size_t width, const int64_t* ids, const float* shift, float* y);

}  // namespace tinyguard::layers
