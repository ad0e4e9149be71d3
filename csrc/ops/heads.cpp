// What stands beside and after the layers as ops: pooling, pattern bank, router, n-grams.
#include <algorithm>

#include "layers/layers.h"
#include "ops/kernel.h"

namespace tinyguard::ops {

void compute_fine_linear(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1});
  const int64_t rows = x.dims[0], inputs = x.dims[1];
  check_width(inputs);
  const int64_t outputs = call.input(1, "weight", {-1, inputs / 4, 16, 4}).dims[0] * 16;
  const layers::Linear map = call.linear(1, "linear", outputs, inputs);
  float* y = call.output(0, {rows, outputs});
  layers::fine_linear(call.kernels, map, static_cast<size_t>(rows), x.as<float>(), y);
}

void compute_pool(const Call& call) {
  const Values v = values(call);
  layers::pool(v.batch, v.x, call.output(0, {v.texts, 3 * v.width}));
}

void compute_pool_scales(const Call& call) {
  const Values v = values(call);
  const Tensor scales = call.input(2, "scales", {-1});
  const int64_t count = scales.dims[0];
  for (int64_t s = 0; s < count; ++s) {
    const int64_t scale = scales.as<int64_t>()[s];
    if (scale < 1) throw Refusal{"scales[" + std::to_string(s) + "] is " + std::to_string(scale)};
  }
  const Tensor queries = call.input(3, "queries", {count, v.width});
  const layers::ScaleWeights weights{queries.as<float>(), scales.as<int64_t>(), static_cast<size_t>(count)};
  layers::pool_scales(call.kernels, weights, v.batch, v.x, call.output(0, {v.texts, (count + 1) * v.width}));
}

void compute_highest_cosines(const Call& call) {
  const Values v = values(call);
  const int64_t width = call.input(2, "project weight", {-1, v.width / 4, 16, 4}).dims[0] * 16;
  check_width(width);
  const int64_t padded = call.input(6, "prototypes weight", {-1, width / 4, 16, 4}).dims[0] * 16;
  const int64_t count = call.attributes.prototypes;
  if (count < 1 || count > padded) {
    throw Refusal{std::to_string(count) + " prototypes out of " + std::to_string(padded)};
  }
  const layers::PatternWeights weights{call.linear(2, "project", width, v.width),
                                       call.linear(6, "prototypes", padded, width),
                                       static_cast<size_t>(count)};
  layers::highest_cosines(call.kernels, weights, v.batch, v.x, call.output(0, {v.texts, count}));
}

void compute_router(const Call& call) {
  const Tensor answer = call.input(0, "answer", {-1, -1});
  const int64_t texts = answer.dims[0], wide = answer.dims[1], classes = layers::kClasses;
  if (wide < classes) throw Refusal{"answer has " + std::to_string(wide) + " logits, fewer than the classes"};
  const Tensor confidence = call.input(1, "confidence", {texts, 1});
  const Tensor lengths = call.input(2, "lengths", {texts});
  const Tensor features = call.input(3, "features", {texts, -1});
  const Tensor hidden = call.input(4, "hidden weight", {-1, -1});
  const int64_t width = hidden.dims[0], inputs = hidden.dims[1];
  if (inputs != classes + 3 && inputs != classes + 3 + features.dims[1]) {
    throw Refusal{"hidden weight takes " + std::to_string(inputs) + " inputs, and there are " +
                  std::to_string(classes + 3) + " and " + std::to_string(features.dims[1]) + " features"};
  }
  const Tensor routes = call.input(6, "routes weight", {-1, width});
  const int64_t count = routes.dims[0];
  if (count < 1) throw Refusal{"routes weight has no outputs"};
  const layers::RouterWeights weights{
      hidden.as<float>(),          call.input(5, "hidden bias", {width}).as<float>(),
      routes.as<float>(),          call.input(7, "routes bias", {count}).as<float>(),
      static_cast<size_t>(inputs), static_cast<size_t>(width),
      static_cast<size_t>(count)};
  float* y = call.output(0, {texts, count});
  for (int64_t b = 0; b < texts; ++b) {
    const layers::Known known{answer.as<float>() + b * wide, confidence.as<float>()[b],
                              lengths.as<int64_t>()[b], features.as<float>() + b * features.dims[1]};
    layers::route(weights, known, y + b * count);
  }
}

void compute_ngrams(const Call& call) {
  const Tensor ids = call.input(0, "ids", {-1, -1});
  const int64_t texts = ids.dims[0], places = ids.dims[1];
  const int64_t* lengths = lengths_within(call.input(1, "lengths", {texts}), texts, places, "ids");
  const Tensor table = call.input(2, "table", {-1});
  const int64_t buckets = table.dims[0], most = int64_t{1} << 31;
  if (buckets < 1 || buckets > most) throw Refusal{"table has " + std::to_string(buckets) + " buckets"};
  for (int64_t i = 0; i < texts * places; ++i) {
    const int64_t id = ids.as<int64_t>()[i];
    if (id < 0 || id >= most) {
      throw Refusal{"ids[" + std::to_string(i / places) + ", " + std::to_string(i % places) + "] is " +
                    std::to_string(id) + ", no id of a token"};
    }
  }
  const layers::NgramWeights weights{table.as<int8_t>(), static_cast<size_t>(buckets),
                                     *call.input(3, "scale", {1}).as<float>()};
  float* y = call.output(0, {texts, 1});
  for (int64_t b = 0; b < texts; ++b) {
    // The special tokens at both ends of a window are no part of its text.
    const int64_t inside = std::max<int64_t>(lengths[b] - 2, 0);
    y[b] = layers::ngrams(weights, ids.as<int64_t>() + b * places + 1, static_cast<size_t>(inside));
  }
}

}  // namespace tinyguard::ops
