#include "detect/leet.h"

#include <algorithm>
#include <cmath>

#include "detect/stretch.h"
#include "views/flip.h"
#include "views/leet.h"
#include "views/upside_down.h"

namespace tinyguard {
namespace {

constexpr float kPlausible = 0.75f;

void add(Detection& detection, Span span, std::u32string text, const char* kind, float plausibility,
         float sure) {
  detection.score = std::max(detection.score, std::min(1.0f, plausibility * sure));
  detection.evidence.push_back({span, kind});
  detection.recover({std::move(text), span, kind, plausibility});
}

// --- leet ---

constexpr int kLeastLeet = 20;
constexpr int kLeetDrop = 24;
constexpr uint32_t kLeastDecoded = 2;
constexpr uint32_t kLeastDecodedLetters = 8;

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }

// What one run of non-space says about leet, and how many letters of it were decoded.
struct Token {
  Span span;
  int value;
  uint32_t decoded;
};

Token judge_token(const LanguageTables& tables, std::u32string_view text, Span span) {
  size_t begin = span.begin, end = span.end;
  const auto letter = [&](size_t i) { return fold_letter(tables, text[i]).letter != 0; };
  const auto part = [&](size_t i) { return letter(i) || is_leet_sign(text[i]); };
  while (begin < end && !part(begin)) ++begin;
  while (end > begin && (!part(end - 1) || (!letter(end - 1) && !is_digit(text[end - 1])))) --end;
  uint32_t letters = 0, signs = 0, other = 0, first_sign = 0;
  bool inside = false;  // a letter stands after a sign
  for (size_t i = begin; i < end; ++i) {
    if (letter(i)) {
      ++letters;
      inside |= signs > 0;
    } else if (is_leet_sign(text[i])) {
      if (signs++ == 0) first_sign = static_cast<uint32_t>(i);
    } else {
      ++other;
    }
  }
  Token token{span, -1, 0};
  if (letters == 0) {
    token.value = signs > 3 || other > 0 ? -6 : signs > 0 ? 0 : -1;
  } else if (signs == 0) {
    token.value = letters >= 4 ? -3 : -1;
  } else if (other > 0) {
    token.value = -8;
  } else {
    const std::u32string word = read_leet_word(tables, text.substr(begin, end - begin));
    const auto size = static_cast<uint32_t>(end - begin);
    // "1st", "25th", "3d", "mp3", "covid19": letters after or before a number, not in it.
    const bool suffix = !inside && size - (first_sign - begin) == signs;
    const bool variable = text[begin] == '$' && signs == 1;  // $word
    if (word.empty()) {
      token.value = -8;
    } else if (suffix || variable || size < 3) {
      token.value = 2;
    } else {
      token.value = size >= 4 ? 12 : 6;
      token.decoded = size;
    }
  }
  return token;
}

// The gate: at least two of the tokens around words that touch a sign can be read.
bool holds_leet(const WordScan& scan, std::u32string_view text) {
  uint32_t decoded = 0, done = 0;
  for (const Word& word : scan.words) {
    if (!(word.flags & (kGluedLeft | kGluedRight)) || word.begin < done) continue;
    uint32_t begin = word.begin, end = word.end();
    while (begin > done && word.begin - begin < kLongestScanned && !is_space(text[begin - 1])) --begin;
    while (end < text.size() && end - word.begin < 2 * kLongestScanned && !is_space(text[end])) ++end;
    done = end;
    if (judge_token(*scan.tables, text, {begin, end}).decoded > 0 && ++decoded == kLeastDecoded) return true;
  }
  return false;
}

void find_leet(Detection& detection, const TextView& view, const WordScan& scan) {
  if (scan.glued < kLeastDecoded) return;
  const std::u32string_view text = view.normalized.text;
  if (!holds_leet(scan, text)) return;
  std::vector<Token> tokens;
  for (uint32_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      ++i;
      continue;
    }
    uint32_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    tokens.push_back(judge_token(*scan.tables, text, {i, end}));
    i = end;
  }
  const auto stretches =
      find_stretches(tokens.size(), kLeastLeet, kLeetDrop, [&](size_t i, bool) { return tokens[i].value; });
  for (const Stretch& stretch : stretches) {
    uint32_t decoded = 0, letters = 0;
    for (size_t i = stretch.first; i <= stretch.last; ++i) {
      decoded += tokens[i].decoded > 0;
      letters += tokens[i].decoded;
    }
    if (decoded < kLeastDecoded || letters < kLeastDecodedLetters) continue;
    // Take plain words and numbers of the same line along: "4 p14n 70 d0 17".
    size_t first = stretch.first, last = stretch.last;
    while (first > 0 && tokens[first - 1].value >= 0 && stretch.first - first < 8) --first;
    while (last + 1 < tokens.size() && tokens[last + 1].value >= 0 && last - stretch.last < 8) ++last;
    const Span span{tokens[first].span.begin, tokens[last].span.end};
    std::u32string restored = undo_leet(text.substr(span.begin, span.size()));
    const Reading reading = read_text(restored);
    if (reading.plausibility < kPlausible) continue;
    const float share = static_cast<float>(letters) / static_cast<float>(std::max(1u, reading.letters));
    add(detection, span, std::move(restored), "leet", reading.plausibility,
        std::sqrt(std::min(1.0f, share)) * (1.0f - std::exp(-static_cast<float>(letters) / 8.0f)));
  }
}

// --- upside down ---

constexpr uint32_t kLeastTurned = 3;

bool ends_part(char32_t c) {
  return c == '\n' || c == '\r' || c == ':' || c == '"' || c == 0x201C || c == 0x201D;
}

// Letters that hardly any orthography uses; the others of the turned alphabet only join in.
bool is_turned(char32_t c) {
  switch (c) {
    case 0x0250:
    case 0x0254:
    case 0x01DD:
    case 0x025F:
    case 0x0183:
    case 0x0265:
    case 0x1D09:
    case 0x027E:
    case 0x029E:
    case 0x026F:
    case 0x0279:
    case 0x0287:
    case 0x028C:
    case 0x028D:
    case 0x028E:
      return true;
    default:
      return false;
  }
}

Span to_normalized(const NormalizedText& normalized, Span span) {
  if (normalized.origin.empty()) return span;
  const auto& origin = normalized.origin;
  const auto last = origin.end() - 1;
  const auto begin = std::upper_bound(origin.begin(), last, span.begin);
  const auto end = std::lower_bound(origin.begin(), last, span.end);
  const auto from = static_cast<uint32_t>(begin - origin.begin());
  return {from == 0 ? 0 : from - 1, static_cast<uint32_t>(end - origin.begin())};
}

void judge_part(Detection& detection, const TextView& view, Span part, Span turned) {
  const std::u32string_view text = view.original;
  // The whole part first, then only what stands from the first turned letter to the last.
  for (Span span : {part, turned}) {
    while (span.begin < span.end && is_space(text[span.begin])) ++span.begin;
    while (span.end > span.begin && is_space(text[span.end - 1])) --span.end;
    const std::u32string_view written = text.substr(span.begin, span.size());
    std::u32string restored = turn_upright(written);
    const Reading reading = read_text(restored);
    const float before = language_score(written);
    if (reading.plausibility < kPlausible || reading.plausibility < before + 0.2f) continue;
    if (2 * reading.known_letters < reading.letters) continue;
    add(detection, to_normalized(view.normalized, span), std::move(restored), "upside_down",
        reading.plausibility, 1.0f - std::exp(-static_cast<float>(reading.known_letters) / 5.0f));
    return;
  }
}

void find_upside_down(Detection& detection, const TextView& view, const WordScan& scan) {
  if (!scan.non_ascii && view.normalized.origin.empty()) return;
  const std::u32string_view text = view.original;
  uint32_t count = 0, begin = 0;
  Span turned{0, 0};
  for (uint32_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && !ends_part(text[i])) {
      if (is_turned(text[i])) {
        if (count++ == 0) turned.begin = i;
        turned.end = i + 1;
      }
      continue;
    }
    if (count >= kLeastTurned) {
      while (turned.begin > begin && !is_space(text[turned.begin - 1])) --turned.begin;
      while (turned.end < i && !is_space(text[turned.end])) ++turned.end;
      judge_part(detection, view, {begin, i}, turned);
    }
    begin = i + 1;
    count = 0;
  }
}

}  // namespace

Detection detect_leet(const TextView& view, const WordScan& scan) {
  Detection detection;
  if (scan.tables == nullptr) return detection;
  find_leet(detection, view, scan);
  find_upside_down(detection, view, scan);
  find_spacing(detection, view, scan);
  return detection;
}

Detection detect_leet(const TextView& view) { return detect_leet(view, scan_words(view.normalized.text)); }

}  // namespace tinyguard
