// Text that was encoded: base16/32/64/85, URL, HTML entities, \u \x \ooo and U+ escapes, quoted-printable,
// Morse, binary, octal and decimal character codes, uuencode, braille, A1Z26, the NATO alphabet.
//
// A span becomes a recovery only when its decoding is proven to be text: clean (valid UTF-8, printable,
// scripts not mixed) for codecs in which chance does not produce that, and language-like for those in which
// it does (numbers, dots and dashes). Images, hashes, keys and signatures therefore give nothing.
//
// One code inside another proves itself: a stretch of code that gives no text is tried backwards and rotated
// by 13 letters, and escapes may spell base64; the outer step is then a recovery whose plaintext is the inner
// code, and the views pipeline takes that off too.
//
// The score says how much of the text is encoded and how unusual that is. Escapes of reserved and non-ASCII
// characters are what URLs, JSON, HTML and mail need and stay near 0.1; escapes of plain letters are
// suspicious.
//
// Known false alarms, all recovered correctly and therefore left to the model to judge:
//  - base64 that is text by trade: JWT parts, Basic credentials, Kubernetes secrets, mail bodies, data URIs
//  of
//    HTML or SVG (score 0.1–0.4, by how much of the text they are; JSON counts a quarter);
//  - hex dumps of strings, byte arrays that spell a string, ASCII tables that happen to spell words;
//  - lessons on Morse, braille, ASCII codes or the spelling alphabet, and call signs of six letters or more
//  that
//    are pronounceable;
//  - obfuscated JavaScript and regular expressions that write plain letters as \x41;
//  - "decode this base64" asked about data that is not text: a claim without a recovery scores 0.2.
// Known misses: Latin-1 text in base64 with many accents, encodings of fewer than five characters, A1Z26 of
// fewer than ten letters, contracted (grade 2) braille, text that is encoded letter by letter with other text
// between.
#pragma once

#include "detect/detection.h"

namespace tinyguard {

Detection detect_encoding(const TextView& view);

}  // namespace tinyguard
