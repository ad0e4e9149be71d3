// Words with one slip of the keyboard each, read back with the dictionary.
#pragma once

#include <string>
#include <string_view>

#include "detect/language.h"
#include "views/word_choice.h"

namespace tinyguard {

// What the word may be: itself, and every dictionary word that one slip turns into it (a letter left out, put
// in, changed for another, or swapped with its neighbour: Damerau 1964).
WordOptions slip_options(const WordScan& scan, std::u32string_view text, const Word& word);
// `text` with every unknown word put right that one slip explains.
std::u32string repair_slips(std::u32string_view text);

}  // namespace tinyguard
