#include "detect/flip.h"

#include <algorithm>
#include <cmath>

#include "detect/stretch.h"
#include "views/flip.h"

namespace tinyguard {
namespace {

// Sixteenths of a nat.
constexpr int kBias = kNat / 4;  // a letter: what reversal may gain by chance
constexpr int kLeastLetters = 12 * kNat;
constexpr int kDrop = 12 * kNat;
constexpr int kSpare = 6 * kNat;
constexpr int kSure = 30 * kNat;  // enough without a dictionary
constexpr int kLeastOrder = 9 * kNat;
constexpr int kOrderBias = 4;  // a pair of words: sentences in order may contain a few odd pairs
constexpr float kPlausible = 0.6f;
constexpr size_t kLeastPairs = 5;
constexpr size_t kWidest =
    40;  // words or characters that a stretch is widened by on each side; keeps the work linear

bool closes_part(char32_t c) {
  switch (c) {
    case '"':
    case '\'':
    case '`':
    case ':':
    case '=':
    case '\n':
    case '\r':
    case '<':
    case '>':
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0xAB:
    case 0xBB:
      return true;
    default:
      return false;
  }
}

// What a word gains when it is read backwards.
int reversal_gain(const WordScan& scan, std::u32string_view text, size_t i) {
  const Word& word = scan.words[i];
  const LanguageTables& tables = *scan.tables;
  if (word.known() && word.size >= 6) return -kNat * word.size;
  if (word.size == 1 || (i > 0 && scan.words[i - 1].hash == word.hash))
    return 0;  // a repetition proves nothing
  uint32_t hash = kHashSeed;
  for (uint32_t k = word.end(); k > word.begin; --k)
    hash = hash_step(hash, lower_letter(tables, text[k - 1]));
  const int backwards = dictionary_cost(tables, hash);
  if (touches_digit(text, word)) return 0;
  if (word.known()) {
    if (backwards == 0) return -kNat / 2 * word.size;
    return std::clamp((word.cost - backwards) * kNat / 10, -2 * kNat, 2 * kNat);
  }
  const bool latin = (word.flags & kLatin) != 0;
  const auto reversed =
      static_cast<int>(letters_cost(tables, text.data() + word.begin, word.size, latin, true));
  const int gain = static_cast<int>(word.misfit) - reversed - kBias * word.size;
  return backwards != 0 && word.size >= 3 ? gain + kNat * word.size / 2 : gain;
}

// Widens a span over what touches it and over neutral neighbours (digits, short words) up to a quote, a colon
// or the line's end.
Span widen(std::u32string_view text, Span span) {
  const uint32_t first = span.begin > kWidest ? span.begin - kWidest : 0;
  const uint32_t last = static_cast<uint32_t>(std::min(text.size(), span.end + kWidest));
  while (span.begin > first && !is_space(text[span.begin - 1]) && !closes_part(text[span.begin - 1]))
    --span.begin;
  while (span.end < last && !is_space(text[span.end]) && !closes_part(text[span.end])) ++span.end;
  return span;
}

// The flipped part usually fills a clause: takes the words up to the clause's ends if reading them backwards
// costs little, else only the neutral ones next to the stretch.
size_t widen_left(const WordScan& scan, std::u32string_view text, size_t first) {
  int sum = 0;
  size_t best = first;
  for (size_t i = first; i > 0 && first - i < kWidest && !(scan.words[i].flags & kClause);
       best = sum >= 0 ? i : best) {
    sum += reversal_gain(scan, text, --i);
    if (sum < -kSpare) return best;
    if (i == 0 || scan.words[i].flags & kClause) return i;
  }
  return best;
}

size_t widen_right(const WordScan& scan, std::u32string_view text, size_t last) {
  int sum = 0;
  size_t best = last;
  for (size_t i = last + 1; i < scan.words.size() && i - last < kWidest && !(scan.words[i].flags & kClause);
       ++i) {
    sum += reversal_gain(scan, text, i);
    if (sum < -kSpare) return best;
    if (sum >= 0 || i + 1 == scan.words.size() || scan.words[i + 1].flags & kClause) best = i;
  }
  return best;
}

bool is_upper(char32_t c) {
  const LanguageTables* tables = language_tables();
  return tables != nullptr && lower_letter(*tables, c) != c;
}

bool ends_sentence(char32_t c) {
  return c == '.' || c == '!' || c == '?' || c == 0x3002 || c == 0x61F || c == 0x964;
}

// Sixteenths of a nat for looking like a sentence: the first letter a capital, the last sign a full stop.
int sentence_shape(std::u32string_view text) {
  size_t begin = 0, end = text.size();
  while (begin < end && is_space(text[begin])) ++begin;
  while (end > begin && is_space(text[end - 1])) --end;
  if (begin == end) return 0;
  int shape = is_upper(text[begin]) ? 2 * kNat : 0;
  if (ends_sentence(text[end - 1])) shape += 3 * kNat;
  size_t first_end = begin;
  while (first_end < end && !is_space(text[first_end])) ++first_end;
  if (first_end < end && (ends_sentence(text[first_end - 1]) || text[first_end - 1] == ',')) shape -= kNat;
  return shape;
}

float assurance(int gain, int least) {
  return 1.0f - std::exp(-static_cast<float>(gain) / (1.5f * static_cast<float>(least)));
}

void add(Detection& detection, Span span, std::u32string text, const char* kind, float plausibility,
         float sure) {
  detection.score = std::max(detection.score, std::min(1.0f, plausibility * sure));
  detection.evidence.push_back({span, kind});
  detection.recover({std::move(text), span, kind, plausibility});
}

void find_flipped_letters(Detection& detection, const WordScan& scan, std::u32string_view text) {
  const auto stretches = find_stretches(scan.words.size(), kLeastLetters, kDrop, [&](size_t i, bool open) {
    return !open && scan.words[i].known() ? 0 : reversal_gain(scan, text, i);
  });
  for (const Stretch& stretch : stretches) {
    const size_t first = widen_left(scan, text, stretch.first);
    const size_t last = widen_right(scan, text, stretch.last);
    const Span span = widen(text, {scan.words[first].begin, scan.words[last].end()});
    const std::u32string_view part = text.substr(span.begin, span.size());
    std::u32string sentence = flip_sentence(part);
    const Reading reading = read_text(sentence);
    const bool dictionary = 2 * reading.known_letters >= reading.letters && reading.known_words >= 1;
    if (reading.plausibility < kPlausible || (!dictionary && stretch.gain < kSure)) continue;
    // One word alone may be a name that happens to read backwards.
    if (reading.words < 2 && reading.letters < 10) continue;
    std::u32string words = flip_words(part);
    const int sentence_order = reading.order + sentence_shape(sentence);
    const int words_order = read_text(words).order + sentence_shape(words);
    const bool by_word = words_order > sentence_order;
    add(detection, span, by_word ? std::move(words) : std::move(sentence),
        by_word ? "flip_words" : "flip_sentence", reading.plausibility,
        assurance(stretch.gain, kLeastLetters));
  }
}

void find_flipped_order(Detection& detection, const WordScan& scan, std::u32string_view text) {
  const auto stretches = find_stretches(scan.words.size(), kLeastOrder, kLeastOrder, [&](size_t i, bool) {
    // The flipped part stands within a clause.
    return scan.words[i].flags & kClause ? -kLeastOrder : -scan.words[i].order - kOrderBias;
  });
  for (const Stretch& stretch : stretches) {
    if (stretch.last - stretch.first < kLeastPairs) continue;
    // The flipped part fills a line or a clause: widen to its ends.
    size_t first = stretch.first, last = stretch.last;
    for (size_t n = 0; n < kWidest && first > 0 && !(scan.words[first].flags & kClause); ++n) --first;
    for (size_t n = 0; n < kWidest && last + 1 < scan.words.size() && !(scan.words[last + 1].flags & kClause);
         ++n)
      ++last;
    const Span span = widen(text, {scan.words[first].begin, scan.words[last].end()});
    const std::u32string_view part = text.substr(span.begin, span.size());
    std::u32string restored = flip_word_order(part);
    const Reading reading = read_text(restored);
    const int order = reading.order + sentence_shape(restored) - sentence_shape(part);
    if (order < kLeastOrder || order < read_text(part).order + 2 * kLeastOrder) continue;
    if (order * 3 < kNat * static_cast<int>(reading.words)) continue;  // a third of a nat a word
    if (reading.plausibility < kPlausible) continue;
    add(detection, span, std::move(restored), "flip_word_order", reading.plausibility,
        assurance(order, kLeastOrder));
  }
}

}  // namespace

Detection detect_flip(const TextView& view, const WordScan& scan) {
  Detection detection;
  if (scan.tables == nullptr || scan.words.empty()) return detection;
  const std::u32string_view text = view.normalized.text;
  if (scan.unknown > 0) find_flipped_letters(detection, scan, text);
  if (scan.words.size() > kLeastPairs) find_flipped_order(detection, scan, text);
  return detection;
}

Detection detect_flip(const TextView& view) { return detect_flip(view, scan_words(view.normalized.text)); }

}  // namespace tinyguard
