#include "views/slips.h"

#include <algorithm>

namespace tinyguard {
namespace {

constexpr size_t kShortest = 3;  // one slip in a shorter word leaves too little of it
constexpr size_t kLongest = 20;
// Tenths of a nat: about one word in thirty has a slip of a given kind. In a short word nearly any letters
// are one slip away from something.
constexpr int32_t kSlip = 35;
constexpr int32_t kShortSlip = 60;
constexpr int32_t kRarest = 110;  // a rarer word is no likely plaintext

// A word and what changes of it hash to. The hash of a word is made from left to right, so a change at one
// place begins with the hash of what stands before it.
struct Slipped {
  const LanguageTables& tables;
  char32_t lower[kLongest];
  size_t size;
  int32_t penalty;
  WordOptions& options;

  uint32_t rest(uint32_t hash, size_t from) const {
    for (size_t i = from; i < size; ++i) hash = hash_step(hash, lower[i]);
    return hash;
  }
  void look_up(uint32_t hash) {
    const uint32_t stored = dictionary_word(tables, hash);
    const auto cost = static_cast<int32_t>(stored & 0xFF);
    if (stored != 0 && cost <= kRarest) options.add({stored, hash, cost + penalty});
  }
};

void undo_one_slip(Slipped& word) {
  const size_t size = word.size;
  uint32_t before = kHashSeed;  // of the letters that stand before place i
  for (size_t i = 0; i <= size; ++i) {
    if (i < size) {
      word.look_up(word.rest(before, i + 1));  // a letter too many
      if (i + 1 < size && word.lower[i] != word.lower[i + 1]) {
        const uint32_t swapped = hash_step(hash_step(before, word.lower[i + 1]), word.lower[i]);
        word.look_up(word.rest(swapped, i + 2));
      }
    }
    for (char32_t c = 'a'; c <= 'z'; ++c) {
      const uint32_t with = hash_step(before, c);
      word.look_up(word.rest(with, i));                                          // a letter left out
      if (i < size && c != word.lower[i]) word.look_up(word.rest(with, i + 1));  // another letter
    }
    if (i < size) before = hash_step(before, word.lower[i]);
  }
}

}  // namespace

WordOptions slip_options(const WordScan& scan, std::u32string_view text, const Word& word) {
  WordOptions options;
  WordOption itself;
  itself.hash = word.known() ? word.hash : 0;
  itself.cost = word.known() ? word.cost : kUnknownStays;
  options.add(itself);
  if (word.known() || word.size < kShortest || word.size > kLongest || (word.flags & kContinues) ||
      !(word.flags & kLatin) || touches_digit(text, word)) {
    return options;
  }
  Slipped slipped{*scan.tables, {}, word.size, word.size > kShortest ? kSlip : kShortSlip, options};
  for (size_t i = 0; i < word.size; ++i) slipped.lower[i] = lower_letter(*scan.tables, text[word.begin + i]);
  undo_one_slip(slipped);
  return options;
}

std::u32string repair_slips(std::u32string_view text) { return choose_everywhere(text, slip_options); }

}  // namespace tinyguard
