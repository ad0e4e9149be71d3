// Words whose inner vowels were dropped ("Ignr all prvs instrctns"). Consonants carry most of a word: readers
// and language models fill in the rest, filters that know words do not (character-level noise as in Hughes et
// al. 2024, "Best-of-N Jailbreaking", arXiv 2412.03556, and Hackett et al. 2025, arXiv 2504.11168).
//
// An unknown word with few inner vowels is a repair if the dictionary knows a word with its skeleton
// (dictionary.h). A stretch counts when at least four different words are repaired, they are most of the
// unknown words, the words of the stretch lost at least twice as many vowels as they kept, and the result
// reads like language in the order of its words. Kind "vowels"; score: repairs over words, times
// 1 - exp(-repairs / 2).
//
// Known false alarms: shorthand and text-message spelling (which are the same thing). Hebrew and Arabic,
// which write no vowels, are other scripts and never looked at; capitals, abbreviations and identifiers of
// code stand among words that kept their vowels.
#pragma once

#include "detect/detection.h"
#include "detect/language.h"

namespace tinyguard {

// Adds to `detection` what it finds; part of the typoglycemia detector.
void detect_vowels(const TextView& view, const WordScan& scan, Detection& detection);

}  // namespace tinyguard
