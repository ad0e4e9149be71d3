// The evidence of n-grams on random tokens, tables and lengths: as a plain count of each run says, to the
// bit.
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "input.h"
#include "layers/layers.h"

using namespace tinyguard;

namespace {

uint64_t bucket(const std::vector<int64_t>& tokens, size_t at, size_t size, uint64_t buckets) {
  static constexpr uint64_t kFactors[3][3] = {
      {1000003}, {998244353, 1220703125}, {433494437, 1073676287, 715827883}};
  unsigned __int128 mixed = size;
  for (size_t i = 0; i < size; ++i) {
    mixed += static_cast<unsigned __int128>(tokens[at + i] + 1) * kFactors[size - 1][i];
  }
  return static_cast<uint64_t>(mixed % 2147483647 % buckets);
}

float loudest(const std::vector<int64_t>& tokens, const std::vector<int8_t>& table, float scale) {
  std::vector<float> runs;
  for (size_t begin = 0; begin == 0 || begin + 32 < tokens.size(); begin += 32) {
    const size_t end = std::min(begin + 64, tokens.size());
    int64_t total = 0, number = 0;
    for (size_t size = 1; size <= 3; ++size) {
      std::set<uint64_t> found;
      for (size_t at = begin; at + size <= end; ++at) found.insert(bucket(tokens, at, size, table.size()));
      for (const uint64_t one : found) total += table[one];
      number += static_cast<int64_t>(found.size());
    }
    const auto over = static_cast<float>(std::max<int64_t>(number, 1));
    runs.push_back(scale * static_cast<float>(total) / std::sqrt(over));
  }
  return *std::max_element(runs.begin(), runs.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Numbers numbers(data, size);
  std::vector<int8_t> table(1 + numbers.below(5000));
  const float scale = std::ldexp(1.0f, static_cast<int>(numbers.below(31)) - 15);
  // Few kinds of tokens in some inputs, so that n-grams come again; the largest ids in others.
  const uint32_t kinds = 1 + numbers.below(65536);
  const int64_t base = numbers.below(2) == 0 ? 0 : (int64_t{1} << 31) - 65536;
  uint32_t state = numbers.below(65536);
  for (int8_t& weight : table) weight = static_cast<int8_t>((state = state * 1664525u + 1013904223u) >> 24);
  std::vector<int64_t> tokens(numbers.below(600));
  for (int64_t& token : tokens) token = base + numbers.below(65536) % kinds;
  const layers::NgramWeights weights{table.data(), table.size(), scale};
  const float got = layers::ngrams(weights, tokens.data(), tokens.size());
  const float want = loudest(tokens, table, scale);
  FUZZ_CHECK(std::memcmp(&got, &want, sizeof got) == 0);
  return 0;
}
