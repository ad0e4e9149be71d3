// Ciphertext: a text whose letters or words went through a rule that a model can be asked to undo.
//
//   "rot13", "caesar", "atbash"  letters shifted or mirrored (Latin; Cyrillic shifts): a stretch of words
//   that
//                                the letter model calls noise, whose index of coincidence is that of
//                                language, and which one of the rules turns into language
//   "rot47"                      the same over printable ASCII
//   "codechameleon_tree", "codechameleon_length"  CodeChameleon's (arXiv 2402.16717) nested or indexed words,
//   as
//                                JSON or Python literals; the words must read like language
//   "vigenere"                   Latin letters shifted by a word that the text names as its key
//   "rail_fence"                 characters at even places, then those at odd ones
//   "pig_latin", "repeated_letters"  stretches of Pig Latin, and of letters doubled or drawn out
//   "numbered_fragments"         numbered lines whose numbers run neither up nor down
//   "acrostic"                   the first words of lines, where one mark follows all of them
//   "codechameleon_odd_even", "codechameleon_reverse"  halves interleaved, words reversed: in a text that
//   speaks
//                                of decryption, where the order of words becomes clearly right (without such
//                                words the flip detector reports reversed ones as flip_word_order)
//
// Score: plausibility of what was recovered, times 1 - exp(-letters / 10). Evidence: the ciphertext's span.
//
// Known misses: Vigenère without its key or with one of more than one word, rail fences of three rails and
// more, and of text that is neither Latin nor Cyrillic. Known false alarms: solved puzzles and lessons on
// ciphers (they carry real ciphertext; the recovered view decides), JSON that really is a binary tree of
// words.
#pragma once

#include "detect/detection.h"
#include "detect/language.h"

namespace tinyguard {

Detection detect_encryption(const TextView& view);
Detection detect_encryption(const TextView& view, const WordScan& scan);

// In encryption_words.cpp: the CodeChameleon schemes.
void find_rearranged_words(Detection& detection, const TextView& view, const WordScan& scan);

}  // namespace tinyguard
