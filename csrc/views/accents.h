// Accents that no orthography has: on two consonants of five, or, on one of ten, such that Unicode has no
// letter for; in other scripts, marks that belong to none on one letter of three.
//
// Languages that accent consonants (Serbian, Turkish, Czech) do it to a third of them in their densest
// sentences, with letters that are composed; Vietnamese and Yoruba accent vowels. Russian for learners has a
// stress mark on one letter of five. Texts that are disguised by accents, underlined or struck through (arXiv
// 2504.11168), or by piles of marks of which normalization has left some, have them anywhere.
#pragma once

#include <string>
#include <string_view>

namespace tinyguard {

// Whether a text of at least ten consonants of Latin script, or ten letters of others, has such accents.
bool is_strangely_accented(std::u32string_view text);
// Letters of Latin script without their marks, those of others without marks that belong to no script.
std::u32string strip_accents(std::u32string_view text);

}  // namespace tinyguard
