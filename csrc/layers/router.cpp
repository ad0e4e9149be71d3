// training/model/router.py for one text.
#include <algorithm>
#include <cmath>

#include "layers/layers.h"
#include "layers/scratch.h"

namespace tinyguard::layers {
namespace {

void softmax(const float* x, size_t count, float* y) {
  const float top = *std::max_element(x, x + count);
  float sum = 0.0f;
  for (size_t i = 0; i < count; ++i) sum += y[i] = std::exp(x[i] - top);
  for (size_t i = 0; i < count; ++i) y[i] /= sum;
}

float product(const float* a, const float* b, size_t count) {
  float sum = 0.0f;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

void route(const RouterWeights& weights, const Known& known, float* y) {
  Scratch& scratch = Scratch::of_thread();
  float* inputs = scratch.take<float>(weights.inputs);
  float* hidden = scratch.take<float>(weights.width);
  softmax(known.answer, kClasses, inputs);
  float entropy = 0.0f;
  for (size_t i = 0; i < kClasses; ++i) entropy -= inputs[i] * std::log(std::max(inputs[i], 1e-9f));
  inputs[kClasses] = entropy;
  inputs[kClasses + 1] = 1.0f / (1.0f + std::exp(-known.confidence));
  inputs[kClasses + 2] = std::log(static_cast<float>(known.length) + 1.0f);
  std::copy(known.features, known.features + (weights.inputs - kClasses - 3), inputs + kClasses + 3);
  for (size_t h = 0; h < weights.width; ++h) {
    const float* row = weights.hidden + h * weights.inputs;
    const float sum = product(row, inputs, weights.inputs) + weights.hidden_bias[h];
    hidden[h] = sum <= 0.0f ? 0.0f : sum;  // a NaN stays one
  }
  for (size_t r = 0; r < weights.count; ++r) {
    y[r] = product(weights.routes + r * weights.width, hidden, weights.width) + weights.routes_bias[r];
  }
  softmax(y, weights.count, y);
}

}  // namespace tinyguard::layers
