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

// y [rows][map.outputs] = x [rows][map.inputs] times the map, with inputs of 16 bits: what the rounding to 8
// bits leaves is a second row of its own. For vectors that a whole text was summed up in.
void fine_linear(const EncoderKernels& kernels, const Linear& map, size_t rows, const float* x, float* y);

// [first token | mean | maximum] of each text, to y [B][3 D].
void pool(const Batch& batch, const float* x, float* y);

// Hierarchical pooling: runs of scales[s] tokens, weighed by a softmax over their means' products with query
// s.
struct ScaleWeights {
  const float* queries;   // [S][D]
  const int64_t* scales;  // [S], each at least 1
  size_t count;
};
// [first token | each scale's sum of means] of each text, to y [B][(S + 1) D].
void pool_scales(const EncoderKernels& kernels, const ScaleWeights& weights, const Batch& batch,
                 const float* x, float* y);

struct PatternWeights {
  Linear project;     // D to W
  Linear prototypes;  // W to P, rounded up to a multiple of 16; unit vectors
  size_t count;       // P
};
// The highest cosine of any token's projection with each prototype, to y [B][P]; -1 for a text of no tokens.
void highest_cosines(const EncoderKernels& kernels, const PatternWeights& weights, const Batch& batch,
                     const float* x, float* y);

constexpr size_t kClasses = 4;  // logits that stand first in an answer

struct RouterWeights {
  const float* hidden;  // [H][inputs], bias [H]
  const float* hidden_bias;
  const float* routes;  // [R][H], bias [R]
  const float* routes_bias;
  size_t inputs;  // classes, entropy, confidence, length and, where it is asked for them, the features
  size_t width;   // H
  size_t count;   // R
};
struct Known {
  const float* answer;  // logits, classes first
  float confidence;     // a logit
  int64_t length;
  const float* features;  // as many as `inputs` has room for
};
// Probabilities of the routes of one text, to y [R].
void route(const RouterWeights& weights, const Known& known, float* y);

struct NgramWeights {
  const int8_t* table;  // [buckets]
  size_t buckets;       // 1 to 2^31
  float scale;
};
// What the loudest run of a text's tokens says, all of them in [0, 2^31): the sum of the weights of its
// distinct n-grams, scaled, over the square root of their number. 0 for no tokens.
float ngrams(const NgramWeights& weights, const int64_t* tokens, size_t count);

}  // namespace tinyguard::layers
