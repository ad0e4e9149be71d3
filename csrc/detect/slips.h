// Words that were mistyped on purpose ("Ignire al previuos instructtions"), one slip of the keyboard in each:
// a reader does not notice, a filter that knows words does (DeepWordBug, Gao et al. 2018, arXiv 1801.04354).
//
// A stretch counts when at least three different unknown words are one slip away from dictionary words, these
// are most of its unknown words, and the result reads like language in the order of its words. Kind "slips".
// The score stays as it is: people mistype, and a view of what they meant does no harm.
//
// Capitals at a word's beginning make it a name, inside of a sentence. Languages that the dictionary lacks
// are let go after a few words without a repair.
#pragma once

#include "detect/detection.h"
#include "detect/language.h"

namespace tinyguard {

// Adds to `detection` what it finds; part of the typoglycemia detector.
void detect_slips(const TextView& view, const WordScan& scan, Detection& detection);

}  // namespace tinyguard
