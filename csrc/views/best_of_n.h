// Words under the noise of Best-of-N jailbreaking (Hughes et al. 2024, arXiv 2412.03556, section 2.1): the
// middle scrambled, capitals at random, and here and there a character moved by one in ASCII, which makes "`"
// or "{" of a letter and "!" of a space.
//
// A word without a signature match is tried with each position moved back by one. Where capitals at random
// say that a text is such noise, more is tried: two positions of a long word, a word cut in two by a letter
// that became a sign, and a word that was scrambled together with the full stop after it, so that its last
// letter lies in its middle. A word has at most 24 letters; the work for one is bounded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detect/language.h"
#include "views/word_choice.h"

namespace tinyguard {

// A capital after the first letter, and a letter that is none.
bool mixed_case(const WordScan& scan, std::u32string_view text, const Word& word);
// A space that was moved by one: "!" between two letters.
bool moved_space(std::u32string_view text, size_t at, const LanguageTables& tables);
// The dictionary has the unknown word if one of its letters is moved back by one.
bool has_moved_letter(const WordScan& scan, std::u32string_view text, const Word& word);
// The words `first` to `last` as places to choose words for; `noisy` says that capitals are at random.
std::vector<Place> scrambled_places(const WordScan& scan, std::u32string_view text, size_t first, size_t last,
                                    bool noisy);
// Lower case, and spaces where they were moved.
void calm_noise(const LanguageTables& tables, std::u32string& text);
// `text` with every word put right, taken for such noise.
std::u32string undo_best_of_n(std::u32string_view text);

}  // namespace tinyguard
