// training/model/ngrams.py for one text.
#include <algorithm>
#include <cmath>

#include "layers/layers.h"
#include "layers/scratch.h"

namespace tinyguard::layers {
namespace {

constexpr uint64_t kPrime = 2147483647;
constexpr size_t kSizes = 3;
constexpr size_t kRun = 64;
constexpr size_t kStep = 32;
constexpr uint64_t kFactors[kSizes][kSizes] = {
    {1000003}, {998244353, 1220703125}, {433494437, 1073676287, 715827883}};

// Ids are below 2^31 and factors below 2^31: the sum of three products stays below 2^64.
uint32_t bucket(const int64_t* tokens, size_t size, size_t buckets) {
  uint64_t mixed = size;
  for (size_t i = 0; i < size; ++i) mixed += (static_cast<uint64_t>(tokens[i]) + 1) * kFactors[size - 1][i];
  return static_cast<uint32_t>(mixed % kPrime % buckets);
}

// Of a run of tokens whose n-grams are in the first `left` places of each list.
float said(const NgramWeights& weights, uint32_t* const* lists, size_t left, uint32_t* sorted) {
  int64_t total = 0;
  size_t distinct = 0;
  for (size_t n = 0; n < kSizes && n < left; ++n) {
    uint32_t* end = std::copy(lists[n], lists[n] + (left - n), sorted);
    std::sort(sorted, end);
    end = std::unique(sorted, end);
    for (const uint32_t* at = sorted; at != end; ++at) total += weights.table[*at];
    distinct += static_cast<size_t>(end - sorted);
  }
  return weights.scale * static_cast<float>(total) /
         std::sqrt(static_cast<float>(std::max<size_t>(distinct, 1)));
}

}  // namespace

float ngrams(const NgramWeights& weights, const int64_t* tokens, size_t count) {
  auto& scratch = Scratch::of_thread();
  uint32_t* lists[kSizes];
  for (size_t n = 0; n < kSizes; ++n) {
    lists[n] = scratch.take<uint32_t>(count);
    for (size_t i = 0; i + n < count; ++i) lists[n][i] = bucket(tokens + i, n + 1, weights.buckets);
  }
  uint32_t sorted[kRun];
  float loudest = said(weights, lists, std::min(count, kRun), sorted);
  for (size_t at = kStep; at + kRun - kStep < count; at += kStep) {
    for (uint32_t*& list : lists) list += kStep;
    loudest = std::max(loudest, said(weights, lists, std::min(count - at, kRun), sorted));
  }
  return loudest;
}

}  // namespace tinyguard::layers
