// The layers and the embedding as ops: shapes are checked, then the pure functions do the work.
#include "layers/layers.h"

#include "ops/kernel.h"

namespace tinyguard::ops {
namespace {

// Inputs 2 to 11.
layers::AttentionWeights attention_weights(const Call& call, int64_t width) {
  const int64_t heads = call.attributes.heads;
  if (heads < 1 || width % heads != 0) {
    throw Refusal{"width " + std::to_string(width) + " does not divide into " + std::to_string(heads) +
                  " heads"};
  }
  return {call.linear(2, "qkv", 3 * width, width), call.linear(6, "out", width, width),
          call.norm(10, "norm1", width), static_cast<size_t>(heads)};
}

// Outputs of a packed weight whose panels are dimension `axis`.
int64_t outputs_of(const Call& call, size_t index, const char* name, std::initializer_list<int64_t> dims,
                   size_t axis) {
  const int64_t panels = call.input(index, name, dims).dims[axis];
  if (panels < 1) throw Refusal{std::string(name) + " has no outputs"};
  return panels * 16;
}

}  // namespace

void compute_dense_layer(const Call& call) {
  const Values v = values(call);
  const layers::AttentionWeights attention = attention_weights(call, v.width);
  const int64_t hidden = outputs_of(call, 12, "up weight", {-1, v.width / 4, 16, 4}, 0);
  const layers::DenseWeights weights{attention, call.linear(12, "up", hidden, v.width),
                                     call.linear(16, "down", v.width, hidden),
                                     call.norm(20, "norm2", v.width)};
  float* y = call.output(0, {v.texts, v.places, v.width});
  layers::dense_layer(call.kernels, weights, v.batch, v.x, y);
}

void compute_expert_layer(const Call& call) {
  const Values v = values(call);
  const layers::AttentionWeights attention = attention_weights(call, v.width);
  const Tensor gate = call.input(12, "gate", {-1, v.width});
  const int64_t experts = gate.dims[0], per_token = call.attributes.experts_per_token;
  if (per_token < 1 || per_token > experts) {
    throw Refusal{std::to_string(per_token) + " experts per token out of " + std::to_string(experts)};
  }
  const int64_t hidden = outputs_of(call, 13, "up weight", {experts, -1, v.width / 4, 16, 4}, 1);
  const layers::ExpertWeights weights{attention,
                                      gate.as<float>(),
                                      static_cast<size_t>(experts),
                                      static_cast<size_t>(per_token),
                                      call.linear(13, "up", hidden, v.width, experts),
                                      call.linear(17, "down", v.width, hidden, experts),
                                      call.norm(21, "norm2", v.width)};
  float* y = call.output(0, {v.texts, v.places, v.width});
  layers::expert_layer(call.kernels, weights, v.batch, v.x, y);
}

void compute_embedding(const Call& call) {
  const Tensor ids = call.input(0, "ids", {-1, -1});
  const int64_t texts = ids.dims[0], places = ids.dims[1];
  const Tensor table = call.input(1, "table", {-1, -1});
  const int64_t rows = table.dims[0], width = table.dims[1];
  check_width(width);
  const Tensor scale = call.input(2, "table scale", {rows});
  const Tensor positions = call.input(3, "positions", {-1, width});
  if (places > positions.dims[0]) {
    throw Refusal{"ids has " + std::to_string(places) + " tokens, and there are " +
                  std::to_string(positions.dims[0]) + " positions"};
  }
  const Tensor shift = call.input(4, "shift", {texts, width});
  const layers::Norm norm = call.norm(5, "norm", width);
  for (int64_t i = 0; i < texts * places; ++i) {
    const int64_t id = ids.as<int64_t>()[i];
    if (id < 0 || id >= rows) {
      throw Refusal{"ids[" + std::to_string(i / places) + ", " + std::to_string(i % places) + "] is " +
                    std::to_string(id) + ", and the table has " + std::to_string(rows) + " rows"};
    }
  }
  const layers::EmbeddingWeights weights{table.as<int8_t>(), scale.as<float>(), positions.as<float>(), norm};
  float* y = call.output(0, {texts, places, width});
  layers::embedding(call.kernels, weights, static_cast<size_t>(texts), static_cast<size_t>(places),
                    static_cast<size_t>(width), ids.as<int64_t>(), shift.as<float>(), y);
}

}  // namespace tinyguard::ops
