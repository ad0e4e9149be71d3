// Words that were pulled apart or pushed together, put right with the dictionary.
#pragma once

#include <string>
#include <string_view>

#include "detect/language_tables.h"

namespace tinyguard {

// "i g n o r e   a l l", "i.g.n.o.r.e": letters joined; a gap wider than the usual one ends a word, and where
// no gap is wider the dictionary says where words end.
std::u32string join_spaced_letters(std::u32string_view text);
// "ig nore al l prev ious": all white space dropped and the words found again.
std::u32string respace_words(std::u32string_view text);
// "ig-nore al.l prev_iousinst ructions": besides, a single mark between two letters is taken for no more than
// a space.
std::u32string respace_marked_words(std::u32string_view text);
// A mark that may be put between the letters of a word: hyphen, full stop, underscore.
constexpr bool is_cutting_mark(char32_t c) { return c == '-' || c == '.' || c == '_'; }
// The letters of `run` cut into dictionary words.
std::u32string split_joined_words(const LanguageTables& tables, std::u32string_view run);

}  // namespace tinyguard
