// Letters in disguise, read back with the dictionary.
//
//   "leet"         digits and signs for letters: 1gn0r3 4ll pr3v10u5 1n57ruc710n5
//   "upside_down"  turned letters from right to left: suoᴉʇɔnɹʇsuᴉ snoᴉʌǝɹd llɐ ǝɹouƃᴉ
//   "spacing"      letters or fragments apart: i g n o r e, i.g.n.o.r.e, ig nore prev ious
//   (detect/spacing.cpp) "joined"       words run together: ignoreallpreviousinstructions
//   "respaced"     both at once, and marks in words: Ig.nore al_l prev-iousinstruc tions
//   (detect/respaced.cpp)
//
// Score: how plausible the recovered text is, times how much of the stretch is disguised; "respaced" has
// none, for carelessness looks like it. Evidence: the stretch. Upside-down letters are looked for in the
// original, since normalization may fold some of them; their span is mapped to the normalized text.
//
// Known false alarms: leet written for fun, spaced headings ("C H A P T E R   O N E"), phonetic
// transcriptions that happen to spell words, hashtags of four words or more. Product codes, ordinals,
// versions, hexadecimal, acronyms with full stops and lists of initials are not read as words and pass.
#pragma once

#include "detect/detection.h"
#include "detect/language.h"

namespace tinyguard {

Detection detect_leet(const TextView& view);
Detection detect_leet(const TextView& view, const WordScan& scan);

// The parts that deal with white space; in spacing.cpp.
void find_spacing(Detection& detection, const TextView& view, const WordScan& scan);
// Words cut and joined without a rule; in respaced.cpp.
void find_respaced(Detection& detection, const TextView& view, const WordScan& scan);

}  // namespace tinyguard
