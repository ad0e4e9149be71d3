#include "layers/group.h"

namespace tinyguard::layers {
namespace {

// A token's experts, likeliest first, and their renormalized weights.
//
// The weights are softmax values over all experts divided by the sum of the chosen ones; the sum over all
// cancels, so only the chosen are computed. Of equal logits the lower index is likelier. A token with a NaN
// has NaN logits, takes the first experts and gets NaN weights.
void choose(const EncoderKernels& kernels, const ExpertWeights& weights, const float* x, size_t width,
            float* logits, size_t* chosen, float* share) {
  for (size_t e = 0; e < weights.experts; ++e) logits[e] = kernels.dot(x, weights.gate + e * width, width);
  constexpr float kLog2E = 1.44269504f;
  float sum = 0.0f;
  for (size_t k = 0; k < weights.experts_per_token; ++k) {
    size_t best = weights.experts;
    for (size_t e = 0; e < weights.experts; ++e) {
      const bool taken = std::find(chosen, chosen + k, e) != chosen + k;
      if (!taken && (best == weights.experts || logits[e] > logits[best])) best = e;
    }
    chosen[k] = best;
    share[k] = kernels.exp2((logits[best] - logits[chosen[0]]) * kLog2E);
    sum += share[k];
  }
  for (size_t k = 0; k < weights.experts_per_token; ++k) share[k] /= sum;
}

Linear expert(const Linear& first, size_t index) {
  Linear map = first;
  map.weight += index * map.outputs * map.inputs;
  map.scale += index * map.outputs;
  map.bias += index * map.outputs;
  map.sums += index * map.outputs;
  return map;
}

}  // namespace

void expert_layer(const EncoderKernels& kernels, const ExpertWeights& weights, const Batch& batch,
                  const float* x, float* y) {
  const size_t width = batch.width;
  const size_t most = largest_group(batch);
  const size_t choices = weights.experts_per_token;
  Scratch& scratch = Scratch::of_thread();
  AttentionPart attention(kernels, weights.attention, batch, most, scratch);
  const FeedForwardPart feed(kernels, weights.up.outputs, scratch);
  float* hidden = scratch.take<float>(most * width);
  float* mixed = scratch.take<float>(most * width);
  const Rows quantized = take_rows(scratch, most, width);
  const Rows gathered = take_rows(scratch, kChunkRows, width);
  float* fed = scratch.take<float>(kChunkRows * width);
  float* logits = scratch.take<float>(weights.experts);
  size_t* chosen = scratch.take<size_t>(most * choices);
  float* share = scratch.take<float>(most * choices);
  size_t* members = scratch.take<size_t>(most);  // which choice of which row: row * choices + k

  clear_padding(batch, y);
  for (Group group{0, 0, 0}; group.last < batch.texts;) {
    group = next_group(batch, group.last);
    attention.run(group, x, hidden);
    for (size_t r = 0; r < group.rows; ++r) {
      const float* row = hidden + r * width;
      kernels.quantize(row, width, quantized, r);
      choose(kernels, weights, row, width, logits, chosen + r * choices, share + r * choices);
    }
    std::memset(mixed, 0, group.rows * width * sizeof(float));
    for (size_t e = 0; e < weights.experts; ++e) {
      size_t count = 0;
      for (size_t i = 0; i < group.rows * choices; ++i) {
        if (chosen[i] == e) members[count++] = i;
      }
      const Linear up = expert(weights.up, e), down = expert(weights.down, e);
      for (size_t start = 0; start < count; start += kChunkRows) {
        const size_t rows = std::min(kChunkRows, count - start);
        for (size_t r = 0; r < rows; ++r) {
          const size_t from = members[start + r] / choices;
          std::memcpy(gathered.values + r * width, quantized.values + from * width, width);
          gathered.scale[r] = quantized.scale[from];
          gathered.zero[r] = quantized.zero[from];
        }
        feed.run(up, down, gathered, rows, fed);
        for (size_t r = 0; r < rows; ++r) {
          const size_t member = members[start + r];
          kernels.add_scaled(fed + r * width, share[member], width, mixed + member / choices * width);
        }
      }
    }
    each_text(batch, group, [&](size_t, size_t row, size_t count, size_t offset) {
      for (size_t i = 0; i < count; ++i) {
        const size_t at = (row + i) * width;
        kernels.add_norm(mixed + at, hidden + at, weights.norm, width, y + offset + i * width);
      }
    });
  }
}

}  // namespace tinyguard::layers
