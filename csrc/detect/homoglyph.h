// Words spelled with letters of another script that look alike: "раypal" with Cyrillic р and а.
//
// Unicode Technical Standard 39 (confusables, mixed-script detection). Normalization has already folded such
// letters and kept where; this detector weighs how many words they stand in. The folded text is what the
// model reads; words that normalization has to leave, for they may be words of a language, are folded in a
// view (views/homoglyphs.h). Letters that look alike under accents which no language writes are recovered
// (views/accents.h) and score one half.
//
// Evidence: homoglyph, diacritics. Known false alarms: a word of real bilingual text that mixes scripts
// ("IT-отдел" written with a Cyrillic "а" by a slip of the keyboard layout, "µTorrent", brand names such as
// "ЯNDEX"), and chemistry or mathematics that puts a Greek letter inside a Latin word. One such word in a
// long text scores below 0.3.
#pragma once

#include "detect/detection.h"

namespace tinyguard {

Detection detect_homoglyph(const TextView& view);

}  // namespace tinyguard
