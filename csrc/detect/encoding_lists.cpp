// Stretches of numbers, Morse marks, braille cells and spelling words.
#include <algorithm>

#include "detect/encoding_scan.h"
#include "text/unicode_tables.h"
#include "views/codec_braille.h"
#include "views/codec_bytes.h"
#include "views/codec_morse.h"
#include "views/codec_nato.h"
#include "views/codec_numbers.h"
#include "views/codec_polybius.h"
#include "views/codec_radix.h"
#include "views/codec_table.h"
#include "views/plausible_text.h"

namespace tinyguard::encoding {
namespace {

constexpr uint32_t kLeastHexDigits = 12;
constexpr uint32_t kLeastBits = 28;
constexpr uint32_t kLeastNumbers = 5;
constexpr uint32_t kLeastDigits = 14;  // of one long decimal number
constexpr uint32_t kLeastCodes = 6;    // Morse letters
constexpr uint32_t kLeastTaps = 24;
constexpr uint32_t kMostKept = 12;  // letters in a row between braille cells

bool is_list_separator(char32_t c) {
  constexpr std::u32string_view kSeparators = U",;:|-+/[](){}.'\"_\\";
  return is_ascii_space(c) || (c < 128 && kSeparators.find(c) != std::u32string_view::npos);
}

bool is_accented_latin(char32_t c) {
  return c >= 0xC0 && char_info(c).has(kLetter) && char_info(c).group() == Group::latin;
}

struct ListShape {
  uint32_t digits = 0, hex_letters = 0, bits = 0, octal = 0, groups = 0, longest = 0, pairs = 0, fives = 0;
  bool prefixed = false;  // 0x
  bool separated = false;
};

ListShape measure(std::u32string_view list) {
  ListShape shape;
  uint32_t group = 0;
  for (size_t i = 0; i <= list.size(); ++i) {
    const char32_t c = i < list.size() ? list[i] : U' ';
    const bool prefix = c == U'0' && group == 0 && i + 1 < list.size();
    const char32_t mark = prefix ? list[i + 1] | 0x20 : 0;
    if (mark == U'x' || mark == U'o' || (mark == U'b' && i + 2 < list.size() && list[i + 2] - U'0' < 2u)) {
      shape.prefixed |= mark == U'x';
      ++i;
      continue;
    }
    if (hex_value(c) >= 0) {
      ++group;
      shape.digits += is_digit(c);
      shape.hex_letters += !is_digit(c);
      shape.bits += c - U'0' < 2u;
      shape.octal += c - U'0' < 8u;
      shape.fives += c - U'1' < 5u;
    } else if (group > 0) {
      ++shape.groups;
      shape.pairs += group == 2;
      shape.longest = std::max(shape.longest, group);
      shape.separated |= i < list.size();
      group = 0;
    }
  }
  return shape;
}

// Is text that numbers alone decode to another layer of encoding? Its own decoding has to be text; one number
// without separators is proof enough when it is long, for six digits in ten begin a printable byte.
bool is_layer(std::u32string_view decoded, uint32_t groups) {
  if (decoded.size() < 24 || !is_clean_text(decoded)) return false;
  if (groups <= 2 && decoded.size() >= 40) return true;
  std::u32string inner;
  constexpr Decoder kLayers[] = {decode_base16, decode_binary, decode_decimal, decode_url};
  return std::any_of(std::begin(kLayers), std::end(kLayers),
                     [&](Decoder decode) { return decode(decoded, inner) && weak_proof(inner, 6) > 0.0f; });
}

// Numbers between 128 and 2047 that spell no space are years and prices, which would be Greek to Arabic
// letters; many between 128 and 591 are other numbers too, for no text has so many accents.
bool years(std::u32string_view decoded) {
  const auto accented =
      std::count_if(decoded.begin(), decoded.end(), [](char32_t c) { return c >= 128 && c < 0x250; });
  return static_cast<size_t>(accented) * 3 > decoded.size() ||
         std::all_of(decoded.begin(), decoded.end(), [](char32_t c) { return c >= 128 && c < 0x800; });
}

// A1Z26 parts its letters in one way throughout, without brackets: a table of small numbers does not.
bool one_separator(std::u32string_view list) {
  if (list.find_first_of(U"[](){}:;'\"_\\") != std::u32string_view::npos) return false;
  uint32_t hyphens = 0, commas = 0, dots = 0;
  for (const char32_t c : list) {
    hyphens += c == U'-';
    commas += c == U',';
    dots += c == U'.';
  }
  return (hyphens > 0) + (commas > 0) + (dots > 0) <= 1;
}

struct Reading {
  const char* kind = nullptr;
  std::u32string text;
  float proof = 0.0f;
  float suspicion = 0.8f;
};

void consider(Reading& best, const char* kind, bool decoded, std::u32string&& text, float proof,
              float suspicion) {
  if (!decoded || proof <= best.proof) return;
  best = {kind, std::move(text), proof, suspicion};
}

Reading read_list(std::u32string_view list) {
  Reading best;
  const ListShape shape = measure(list);
  std::u32string text;
  if (shape.hex_letters == 0 && shape.bits == shape.digits && shape.digits >= kLeastBits) {
    const bool ok = decode_binary(list, text);
    consider(best, "binary", ok, std::move(text), ok ? strong_proof(text) : 0.0f, 0.8f);
    if (best.proof > 0.0f) return best;
  }
  const uint32_t hex_digits = shape.digits + shape.hex_letters;
  if (hex_digits >= kLeastHexDigits && hex_digits % 2 == 0 &&
      (shape.hex_letters > 0 || shape.prefixed || shape.pairs == shape.groups || shape.groups <= 2)) {
    // Without letters the digits are more likely plain numbers, whose pairs are all printable ASCII.
    const bool ok = decode_base16(list, text);
    const bool weak = shape.hex_letters * 16 < hex_digits && !shape.prefixed;
    float proof = !ok ? 0.0f : weak ? weak_proof(text, 6) : strong_proof(text);
    if (ok && weak && proof == 0.0f && is_layer(text, shape.groups)) proof = kPlausible;
    consider(best, "base16", ok, std::move(text), proof, 0.7f);
  }
  if (shape.hex_letters == 0 && !shape.prefixed) {
    const bool list_of_numbers = shape.groups >= kLeastNumbers && shape.longest <= 7;
    const bool one_number = shape.groups == 1 && shape.digits >= kLeastDigits;
    if (list_of_numbers || one_number) {
      const bool ok = decode_decimal(list, text);
      const float proof = ok && !years(text) ? weak_proof(text, 5) : 0.0f;
      consider(best, "decimal", ok, std::move(text), proof, 0.8f);
    }
    if (list_of_numbers && shape.octal == shape.digits) {
      const bool ok = decode_octal(list, text);
      consider(best, "octal", ok, std::move(text), ok ? weak_proof(text, 5) : 0.0f, 0.8f);
    }
    if (list_of_numbers && shape.longest <= 2) {
      const bool ok = decode_a1z26(list, text);
      const float proof = ok && one_separator(list) ? weak_proof(text, 10) : 0.0f;
      consider(best, "a1z26", ok, std::move(text), proof >= 0.75f ? proof : 0.0f, 0.8f);
    }
  }
  if (best.proof == 0.0f && shape.fives == shape.digits && shape.hex_letters == 0 && shape.digits >= 16) {
    const bool ok = decode_polybius(list, text);
    const float proof = ok ? weak_proof(text, 8) : 0.0f;
    consider(best, "polybius", ok, std::move(text), proof >= 0.75f ? proof : 0.0f, 0.8f);
  }
  return best;
}

// Numbers at the edges may belong to the sentence ("1. 73 103 …"), so the ends give way one group at a time.
Span without_first(const Scan& scan, Span span) {
  while (span.begin < span.end && hex_value(scan.text[span.begin]) >= 0) ++span.begin;
  while (span.begin < span.end && is_list_separator(scan.text[span.begin])) ++span.begin;
  return span;
}

Span without_last(const Scan& scan, Span span) {
  while (span.begin < span.end && hex_value(scan.text[span.end - 1]) >= 0) --span.end;
  while (span.begin < span.end && is_list_separator(scan.text[span.end - 1])) --span.end;
  return span;
}

void read_stretch(Scan& scan, Span span) {
  while (span.begin < span.end && is_list_separator(scan.text[span.begin])) ++span.begin;
  while (span.begin < span.end && is_list_separator(scan.text[span.end - 1])) --span.end;
  if (span.size() < 9) return;
  const Span tail = without_first(scan, span);
  for (const Span attempt : {span, tail, without_last(scan, span), without_last(scan, tail)}) {
    if (attempt.size() < 9) continue;
    Reading reading = read_list(scan.part(attempt));
    if (reading.proof == 0.0f) continue;
    scan.report(attempt, reading.kind, std::move(reading.text), reading.proof, reading.suspicion);
    return;
  }
}

}  // namespace

void scan_lists(Scan& scan, Span region) {
  // A list may begin inside a token: "codes:73 103 …".
  const uint32_t floor = std::max(scan.resume, region.begin - std::min(region.begin, 24u));
  uint32_t begin = region.begin;
  while (begin > floor && (hex_value(scan.text[begin - 1]) >= 0 || is_list_separator(scan.text[begin - 1])))
    --begin;
  // … but not inside a word.
  while (begin < region.begin && begin > 0 && is_ascii_alnum(scan.text[begin - 1]) &&
         hex_value(scan.text[begin]) >= 0)
    ++begin;
  uint32_t start = begin;
  for (uint32_t i = begin; i <= region.end; ++i) {
    const char32_t c = i < region.end ? scan.text[i] : U'?';
    const bool after_zero = i > start && scan.text[i - 1] == U'0';
    if (hex_value(c) >= 0 || is_list_separator(c) ||
        (after_zero && ((c | 0x20) == U'x' || (c | 0x20) == U'o')))
      continue;
    if (i > start) read_stretch(scan, {start, i});
    start = i + 1;
  }
}

void scan_morse(Scan& scan, Span region) {
  while (region.size() > 0 && !is_morse_mark(scan.text[region.begin])) ++region.begin;
  while (region.size() > 0 && !is_morse_mark(scan.text[region.end - 1])) --region.end;
  // A quotation mark closes before the sentence's own full stop.
  const auto quote = [&](uint32_t i) {
    return scan.text[i] == U'"' || scan.text[i] == U'\'' || scan.text[i] == U'`';
  };
  if (region.size() > 2 && quote(region.end - 2)) region.end -= 2;
  uint32_t dots = 0, dashes = 0;
  for (const char32_t c : scan.part(region)) {
    dots += is_morse_dot(c);
    dashes += is_morse_dash(c);
  }
  std::u32string decoded;
  if (dashes == 0) {  // the tap code
    if (dots < kLeastTaps || !decode_tap_code(scan.part(region), decoded)) return;
    const float proof = weak_proof(decoded, 8);
    if (proof >= 0.75f) scan.report(region, "polybius", std::move(decoded), proof, 0.8f);
    return;
  }
  if (dots * 6 < dashes || dashes * 8 < dots) return;  // rulers, ellipses, drawings of underscores
  // A full stop or a dash of the sentence may stand at either end.
  const auto first = static_cast<uint32_t>(scan.text.find(U' ', region.begin));
  const Span tail = first < region.end ? Span{first + 1, region.end} : region;
  const Span shorter{region.begin, region.end - (region.size() > 0)};
  for (const Span span : {region, shorter, tail}) {
    if (!decode_morse(scan.part(span), decoded) || decoded.size() < kLeastCodes) continue;
    const float proof = weak_proof(decoded, kLeastCodes);
    if (proof == 0.0f) continue;
    scan.report(span, "morse", std::move(decoded), proof, 0.8f);
    return;
  }
}

void scan_braille(Scan& scan, uint32_t position) {
  uint32_t begin = position;
  while (begin > scan.resume && is_braille(scan.text[begin - 1])) --begin;
  uint32_t end = begin, cells = 0, next = begin;
  const auto size = static_cast<uint32_t>(scan.text.size());
  // Cells, with at most two other characters (white space, ASCII punctuation) between them, or a few letters
  // that braille of ASCII has no cells for: in Vietnamese or Czech they stay as they are.
  uint32_t gap = 0, kept = 0;  // characters and letters since the last cell
  while (next < size && gap < 3 && kept < kMostKept) {
    const char32_t c = scan.text[next++];
    if (is_braille(c)) {
      ++cells;
      end = next;
      gap = kept = 0;
    } else if (is_accented_latin(c)) {
      ++kept;
      gap = 0;
    } else if (c >= 128 || is_ascii_alnum(c)) {
      break;
    } else {
      ++gap;
    }
  }
  scan.resume = std::max(scan.resume, end);
  std::u32string decoded;
  if (cells < 5 || !decode_braille(scan.part({begin, end}), decoded)) return;
  const float proof = weak_proof(decoded, 4);
  if (proof > 0.0f) scan.report({begin, end}, "braille", std::move(decoded), proof, 0.6f);
}

void scan_nato(Scan& scan, uint32_t position) {
  // The word before may stand behind a quotation mark or a bracket, where the gate does not see it.
  uint32_t stop_before = position;
  while (stop_before > scan.resume && is_ascii_space(scan.text[stop_before - 1])) --stop_before;
  uint32_t before = stop_before;
  while (before > scan.resume && stop_before - before < 9 && is_ascii_alnum(scan.text[before - 1])) --before;
  if (nato_letter(scan.part({before, stop_before})) != 0) position = before;
  const auto size = static_cast<uint32_t>(scan.text.size());
  uint32_t end = position, next = position;
  uint32_t words = 0;
  while (next < size) {
    while (next < size && (is_ascii_space(scan.text[next]) || scan.text[next] == U'-')) ++next;
    uint32_t stop = next;
    while (stop < size && !is_ascii_space(scan.text[stop]) &&
           (scan.text[stop] != U'-' || (scan.text[stop - 1] | 0x20) == U'x')) {
      ++stop;
    }
    Span word{next, stop};
    while (word.size() > 1 && !is_ascii_alnum(scan.text[word.end - 1]) && scan.text[word.end - 1] < 128)
      --word.end;
    if (word.size() == 0 || nato_letter(scan.part(word)) == 0) break;
    ++words;
    end = word.end;
    next = stop;
  }
  scan.resume = std::max(scan.resume, end);
  std::u32string decoded;
  if (words < 5 || !decode_nato(scan.part({position, end}), decoded)) return;
  const float proof = weak_proof(decoded, 5);
  if (proof > 0.0f) scan.report({position, end}, "nato", std::move(decoded), proof, 0.6f);
}

}  // namespace tinyguard::encoding
