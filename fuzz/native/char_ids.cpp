// Character ids: good offsets give ids of the vocabulary, the first bad row is named.
#include "align/char_ids.h"

#include <vector>

#include "input.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Numbers numbers(data, size);
  const uint32_t count = numbers.below(24);
  std::vector<int64_t> offsets;
  for (uint32_t i = 0; i < 2 * count; ++i) offsets.push_back(static_cast<int64_t>(numbers.below(300)) - 20);
  const std::u32string text = fuzz::text_of(numbers.rest());
  std::vector<int32_t> ids(count * kCharsPerToken, -1);
  const size_t good = char_ids(text, offsets.data(), count, ids.data());
  FUZZ_CHECK(good <= count);
  const auto sound = [&](size_t row) {
    const int64_t begin = offsets[2 * row], end = offsets[2 * row + 1];
    return 0 <= begin && begin <= end && end <= static_cast<int64_t>(text.size());
  };
  for (size_t row = 0; row < good; ++row) {
    FUZZ_CHECK(sound(row));
    for (size_t i = 0; i < kCharsPerToken; ++i) {
      const int32_t id = ids[row * kCharsPerToken + i];
      FUZZ_CHECK(id >= 0 && id < static_cast<int32_t>(kCharVocabulary));
    }
  }
  FUZZ_CHECK(good == count || !sound(good));
  return 0;
}
