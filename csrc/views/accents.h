// Accents that no orthography has: on two consonants of five, or, on one of ten, such that Unicode has no
// letter for.
//
// Languages that accent consonants (Serbian, Turkish, Czech) do it to a third of them in their densest
// sentences, with letters that are composed; Vietnamese and Yoruba accent vowels. Texts that are disguised by
// accents (arXiv 2504.11168), or by piles of marks of which normalization has left some, have them anywhere.
#pragma once

#include <string>
#include <string_view>

namespace tinyguard {

// Whether a text of at least ten consonants of Latin script has such accents.
bool is_strangely_accented(std::u32string_view text);
// Letters of Latin script without their marks; all else as it is.
std::u32string strip_accents(std::u32string_view text);

}  // namespace tinyguard
