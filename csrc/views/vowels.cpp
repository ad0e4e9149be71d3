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

std::vector<Place> vowel_places(const WordScan& scan, std::u32string_view text, size_t first, size_t last) {
  std::vector<Place> places;
  places.reserve(last - first + 1);
  for (size_t i = first; i <= last; ++i) {
    const Word& word = scan.words[i];
    places.push_back(
        {{word.begin, word.end()}, (word.flags & kSentence) != 0, vowel_options(scan, text, word)});
  }
  return places;
}

std::u32string restore_vowels(std::u32string_view text) {
  const WordScan scan = scan_words(text);
  if (scan.words.empty()) return std::u32string(text);
  const auto places = vowel_places(scan, text, 0, scan.words.size() - 1);
  return fill_places(*scan.tables, text, {0, static_cast<uint32_t>(text.size())}, places,
                     choose_words(*scan.tables, places));
}

}  // namespace tinyguard
