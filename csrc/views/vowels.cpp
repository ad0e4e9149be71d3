#include "views/vowels.h"

#include <algorithm>

namespace tinyguard {
namespace {
constexpr size_t kLongest = 24;
constexpr int32_t kIntact = 15;  // tenths of a nat in favour of a known word that has inner vowels
}  // namespace

uint32_t inner_vowels(const WordScan& scan, std::u32string_view text, const Word& word) {
  uint32_t count = 0;
  for (uint32_t i = word.begin + 1; i + 1 < word.end(); ++i) {
    count += is_vowel(lower_letter(*scan.tables, text[i]));
  }
  return count;
}

WordOptions vowel_options(const WordScan& scan, std::u32string_view text, const Word& word) {
  WordOptions options;
  const uint32_t vowels = inner_vowels(scan, text, word);
  WordOption itself;
  itself.cost = kUnknownStays;
  if (word.known()) {
    itself.hash = word.hash;
    itself.cost = word.cost - (vowels > 0 ? kIntact : 0);
  }
  options.add(itself);
  if (word.size < 2 || word.size > kLongest || (word.flags & kContinues) || !(word.flags & kLatin) ||
      touches_digit(text, word) || !(vowel_poor(word.size, vowels) || (!word.known() && vowels < 2))) {
    return options;
  }
  char32_t lower[kLongestScanned];
  for (size_t k = 0; k < word.size; ++k) lower[k] = lower_letter(*scan.tables, text[word.begin + k]);
  add_skeleton(*scan.tables, lower, word.size, options);
  return options;
}

std::u32string restore_vowels(std::u32string_view text) { return choose_everywhere(text, vowel_options); }

}  // namespace tinyguard
