// Words without their inner vowels, read back by dictionary skeleton.
#pragma once

#include <string>
#include <string_view>

#include "detect/language.h"
#include "views/word_choice.h"

namespace tinyguard {

// Vowels (a, e, i, o, u) between the first letter of a word and the last.
uint32_t inner_vowels(const WordScan& scan, std::u32string_view text, const Word& word);
// Few enough for a word whose vowels were dropped, each with a chance of about nine in ten.
constexpr bool vowel_poor(uint32_t size, uint32_t vowels) { return vowels * 4 < size; }

// What the word may be: itself, and what the dictionary makes of it with more vowels.
WordOptions vowel_options(const WordScan& scan, std::u32string_view text, const Word& word);
// `text` with the vowels back in every word, whether it lacks any or not.
std::u32string restore_vowels(std::u32string_view text);

}  // namespace tinyguard
