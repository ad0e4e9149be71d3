// Scrambled words: first and last letter in place, the middle shuffled ("ignroe all prevoius isntructions";
// OWASP LLM01 lists the technique, the effect is Rawlinson's of 1976).
//
// A word that the dictionary lacks but whose signature it has is a repair. A stretch with at least three
// repairs, which make up most of its unknown words and a good part of its long words, is repaired as a whole
// (kind "typoglycemia"); among words of one signature the odds of the word order decide. Score: repairs over
// long words in the stretch, times 1 - exp(-repairs / 2).
//
// Best-of-N jailbreaking (Hughes et al. 2024, arXiv 2412.03556, section 2.1) adds capitals at random and
// moves characters by one in ASCII. Where most words of a stretch have such capitals, a word with one letter
// moved back is a repair too, fewer repairs are proof enough, and the view is in lower case
// (views/best_of_n.h).
//
// Words without their vowels are a kind of their own: see vowels.h.
//
// Known false alarms: dense letter-swapping typos (which are the same thing), word puzzles, shorthand without
// vowels. Languages whose dictionary is thin (see build_language.py) are missed rather than flagged.
#pragma once

#include "detect/detection.h"
#include "detect/language.h"

namespace tinyguard {

Detection detect_typoglycemia(const TextView& view);
Detection detect_typoglycemia(const TextView& view, const WordScan& scan);

}  // namespace tinyguard
