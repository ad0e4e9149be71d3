// Which words a run of doubtful words stands for: the cheapest path through their options, where a word
// costs its rarity and what was changed to reach it, and a pair of neighbours is worth the odds of their
// order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detect/language.h"

namespace tinyguard {

// One place of the text and what may stand there. The first option of `options` need not be the text's own
// word; a option whose `word` is 0 leaves the place as it is.
struct Place {
  Span span;
  bool sentence = false;  // a sentence begins here
  WordOptions options;
};

// What leaving an unknown word as it is costs, in tenths of a nat: dearer than a likely repair.
constexpr int32_t kUnknownStays = 150;

// The index of the chosen option of each place (Viterbi; linear, a place has at most eight options).
std::vector<uint8_t> choose_words(const LanguageTables& tables, const std::vector<Place>& places);

// What a word may stand for, itself first.
using OptionsOf = WordOptions (*)(const WordScan& scan, std::u32string_view text, const Word& word);
// The words `first` to `last` as places to choose words for.
std::vector<Place> places_of(const WordScan& scan, std::u32string_view text, size_t first, size_t last,
                             OptionsOf options);
// `text` with the likeliest of its options for every word.
std::u32string choose_everywhere(std::u32string_view text, OptionsOf options);

// Letters of the stored word `word` with the capitals of `original`: all of them, the first, or none.
std::u32string spell_like(const LanguageTables& tables, uint32_t word, std::u32string_view original);
// `text` from `span` with the chosen words in their places.
std::u32string fill_places(const LanguageTables& tables, std::u32string_view text, Span span,
                           const std::vector<Place>& places, const std::vector<uint8_t>& chosen);

}  // namespace tinyguard
