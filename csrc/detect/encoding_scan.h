// The scanners behind detect_encoding: each is given a place where a cheap gate saw something, decodes it,
// proves the result and reports it.
#pragma once

#include "detect/detection.h"
#include "views/codec_escapes.h"

namespace tinyguard::encoding {

struct Finding {
  Span span;
  const char* kind;
  std::u32string text;
  float plausibility;
  float suspicion;  // in [0, 1]: how unusual this encoding is where it stands
};

struct Scan {
  std::u32string_view text;
  std::vector<Finding> findings;
  uint32_t resume = 0;  // a scanner has already read up to here
  uint32_t uuencode_resume = 0;
  bool no_ascii85_end = false;  // there is no ~> in the rest of the text
  std::vector<Span> coded;      // runs of tokens that have digits or are longer than words

  std::u32string_view part(Span span) const { return text.substr(span.begin, span.size()); }
  void report(Span span, const char* kind, std::u32string decoded, float plausibility, float suspicion);
};

// Everything below but scan_turned, over the whole text: findings in order and without overlaps.
void scan_all(Scan& scan, Detection& detection);

// How plausible a decoding is, or 0 when it is not proven. Strong proof is for codecs whose wrong readings
// give random bytes, weak proof for those whose wrong readings give letters.
float strong_proof(std::u32string_view decoded);
float weak_proof(std::u32string_view decoded, size_t least_letters);

// encoding_radix.cpp
void scan_radix(Scan& scan, Span token);    // base32, base64 and base85, wrapped lines included
void scan_ascii85(Scan& scan, Span token);  // <~ … ~>
void scan_uuencode(Scan& scan, uint32_t position);

// encoding_lists.cpp: stretches of digits, and of marks
void scan_lists(Scan& scan, Span region);  // base16, binary, octal, decimal, A1Z26
void scan_morse(Scan& scan, Span region);
void scan_braille(Scan& scan, uint32_t position);
void scan_nato(Scan& scan, uint32_t position);

// encoding_escapes.cpp: the tokens that have escapes of the family, in order
struct EscapeFamily {
  const char* kind;
  EscapeMatcher matcher;
};
enum Family : uint8_t { kUrl, kHtml, kBackslash, kQuoted, kFamilies };
extern const EscapeFamily kEscapeFamilies[kFamilies];
void scan_escapes(Scan& scan, Family family, const std::vector<Span>& tokens);

// encoding_layers.cpp: an encoding inside another one.
// How plausible the text is that the beginning of `characters` is decoded to; 0 if most of it is not encoded.
float layer_proof(std::u32string_view characters);
// Encodings that were written backwards or rotated by 13 letters as a whole.
void scan_turned(Scan& scan);

// encoding_claims.cpp: "decode the following base64"
constexpr uint32_t kNoVerb = 0xFFFFFFFF;
uint32_t find_decode_verb(std::u32string_view text, Span token);
bool names_encoding(std::u32string_view text, uint32_t verb, Span& where);

}  // namespace tinyguard::encoding
