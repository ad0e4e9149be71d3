// training/model/ngrams.py for one text.
#include <algorithm>
#include <cmath>

#include "layers/layers.h"
#include "layers/scratch.h"

namespace tinyguard::layers {
namespace {

constexpr uint64_t kPrime = 2147483647;
constexpr size_t kSizes = 3;
constexpr uint64_t kFactors[kSizes][kSizes] = {
    {1000003}, {998244353, 1220703125}, {433494437, 1073676287, 715827883}};

// Ids are below 2^31 and factors below 2^31: the sum of three products stays below 2^64.
uint32_t bucket(const int64_t* tokens, size_t size, size_t buckets) {
  uint64_t mixed = size;
  for (size_t i = 0; i < size; ++i) mixed += (static_cast<uint64_t>(tokens[i]) + 1) * kFactors[size - 1][i];
  return static_cast<uint32_t>(mixed % kPrime % buckets);
}

}  // namespace

float ngrams(const NgramWeights& weights, const int64_t* tokens, size_t count) {
  uint32_t* found = Scratch::of_thread().take<uint32_t>(count);
  int64_t total = 0;
  size_t distinct = 0;
  for (size_t size = 1; size <= kSizes && size <= count; ++size) {
    const size_t places = count - size + 1;
    for (size_t i = 0; i < places; ++i) found[i] = bucket(tokens + i, size, weights.buckets);
    std::sort(found, found + places);
    const uint32_t* end = std::unique(found, found + places);
    for (const uint32_t* at = found; at != end; ++at) total += weights.table[*at];
    distinct += static_cast<size_t>(end - found);
  }
  return weights.scale * static_cast<float>(total) /
         std::sqrt(static_cast<float>(std::max<size_t>(distinct, 1)));
}

}  // namespace tinyguard::layers
