// From the tokens of a text to one vector, as in training/model/pooling.py.
#include <algorithm>
#include <cstring>

#include "layers/layers.h"
#include "layers/scratch.h"

namespace tinyguard::layers {
namespace {

constexpr float kLog2E = 1.44269504f;

void add(const float* x, size_t width, float* y) {
  for (size_t i = 0; i < width; ++i) y[i] += x[i];
}

// Softmax of `count` scores in place. NaN where one is NaN.
void softmax(const EncoderKernels& kernels, float* scores, size_t count) {
  const float top = *std::max_element(scores, scores + count);
  float sum = 0.0f;
  for (size_t i = 0; i < count; ++i) {
    // Far below the top, where the kernel's power ends, is nothing.
    const float below = (scores[i] - top) * kLog2E;
    scores[i] = below < -126.0f ? 0.0f : kernels.exp2(below);
    sum += scores[i];
  }
  for (size_t i = 0; i < count; ++i) scores[i] /= sum;
}

}  // namespace

void pool(const Batch& batch, const float* x, float* y) {
  const size_t width = batch.width;
  for (size_t b = 0; b < batch.texts; ++b) {
    const float* tokens = x + b * batch.places * width;
    float* first = y + b * 3 * width;
    float *mean = first + width, *most = mean + width;
    const auto count = static_cast<size_t>(batch.lengths[b]);
    std::memset(first, 0, 2 * width * sizeof(float));
    std::fill(most, most + width, -1e4f);
    if (count == 0) continue;
    std::memcpy(first, tokens, width * sizeof(float));
    std::memcpy(most, tokens, width * sizeof(float));
    for (size_t t = 0; t < count; ++t) {
      const float* token = tokens + t * width;
      add(token, width, mean);
      for (size_t i = 0; i < width; ++i) most[i] = token[i] <= most[i] ? most[i] : token[i];
    }
    for (size_t i = 0; i < width; ++i) mean[i] /= static_cast<float>(count);
  }
}

void pool_scales(const EncoderKernels& kernels, const ScaleWeights& weights, const Batch& batch,
                 const float* x, float* y) {
  const size_t width = batch.width;
  Scratch& scratch = Scratch::of_thread();
  float* means = scratch.take<float>(batch.places * width);
  float* scores = scratch.take<float>(batch.places);
  for (size_t b = 0; b < batch.texts; ++b) {
    const float* tokens = x + b * batch.places * width;
    float* out = y + b * (weights.count + 1) * width;
    const auto count = static_cast<size_t>(batch.lengths[b]);
    std::memset(out, 0, (weights.count + 1) * width * sizeof(float));
    if (count == 0) continue;
    std::memcpy(out, tokens, width * sizeof(float));
    for (size_t s = 0; s < weights.count; ++s) {
      const auto scale = static_cast<size_t>(weights.scales[s]);
      const size_t runs = (count + scale - 1) / scale;
      const float* of_runs = scale == 1 ? tokens : means;
      for (size_t j = 0; scale > 1 && j < runs; ++j) {
        const size_t begin = j * scale, end = std::min(begin + scale, count);
        float* mean = means + j * width;
        std::memcpy(mean, tokens + begin * width, width * sizeof(float));
        for (size_t t = begin + 1; t < end; ++t) add(tokens + t * width, width, mean);
        for (size_t i = 0; i < width; ++i) mean[i] /= static_cast<float>(end - begin);
      }
      for (size_t j = 0; j < runs; ++j) {
        scores[j] = kernels.dot(of_runs + j * width, weights.queries + s * width, width);
      }
      softmax(kernels, scores, runs);
      float* sum = out + (s + 1) * width;
      for (size_t j = 0; j < runs; ++j) kernels.add_scaled(of_runs + j * width, scores[j], width, sum);
    }
  }
}

}  // namespace tinyguard::layers
