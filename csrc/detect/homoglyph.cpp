#include "detect/homoglyph.h"

#include <algorithm>

#include "detect/lexicon.h"
#include "views/accents.h"
#include "views/homoglyphs.h"

namespace tinyguard {
namespace {

constexpr float kFirstWord = 0.20f;   // one word may be a slip
constexpr float kPerWord = 0.10f;     // more are a habit
constexpr float kShareWeight = 2.0f;  // a third of the words: certain
constexpr float kAccents = 0.5f;      // strange accents: somebody took trouble over them
constexpr float kPlain = 0.8f;        // plausibility of the text without them
constexpr size_t kPretends = 3;       // words after which all of the text is taken to pretend

uint32_t count_words(std::u32string_view text) {
  uint32_t words = 0;
  bool inside = false;
  for (char32_t c : text) {
    const bool word = is_word_char(c);
    words += word && !inside;
    inside = word;
  }
  return words;
}

// A position of the original in the normalized text.
uint32_t to_normalized(const NormalizedText& normalized, uint32_t position) {
  const auto& origin = normalized.origin;
  if (origin.empty()) return position;
  const auto after = std::upper_bound(origin.begin(), origin.end(), position);
  const auto index = static_cast<uint32_t>(after - origin.begin());
  return std::min(index == 0 ? 0 : index - 1, static_cast<uint32_t>(normalized.text.size()));
}

}  // namespace

Detection detect_homoglyph(const TextView& view) {
  Detection detection;
  const NormalizedText& normalized = view.normalized;
  if (is_strangely_accented(normalized.text)) {
    const Span whole = {0, static_cast<uint32_t>(normalized.text.size())};
    detection.evidence.push_back({whole, "diacritics"});
    detection.recoveries.push_back({strip_accents(normalized.text), whole, "diacritics", kPlain});
    detection.score = kAccents;
  }
  if (normalized.homoglyph_spans.empty()) return detection;
  for (const Span& span : normalized.homoglyph_spans) {
    const uint32_t begin = to_normalized(normalized, span.begin);
    const uint32_t end = span.end == span.begin ? begin : to_normalized(normalized, span.end - 1) + 1;
    detection.evidence.push_back(
        {{begin, std::min(end, static_cast<uint32_t>(normalized.text.size()))}, "homoglyph"});
  }
  const auto spelled = static_cast<float>(normalized.homoglyph_spans.size());
  const auto words = static_cast<float>(std::max(count_words(normalized.text), 1u));
  // In a text of a few words the share says little: three words stand in the denominator at least.
  const float share = spelled / std::max(words, 3.0f);
  const float words_score =
      std::min(1.0f, kFirstWord + kPerWord * (std::min(spelled, 4.0f) - 1.0f) + kShareWeight * share);
  detection.score = std::max(detection.score, words_score);
  if (normalized.homoglyph_spans.size() >= kPretends) {
    FoldedWords words = fold_lookalike_words(normalized.text);
    if (words.folded.size() >= kPretends && words.genuine * 10 <= words.folded.size()) {
      for (const Span& span : words.folded) detection.evidence.push_back({span, "homoglyph"});
      const Span whole = {0, static_cast<uint32_t>(normalized.text.size())};
      detection.recoveries.push_back({std::move(words.text), whole, "homoglyph", kPlain});
    }
  }
  return detection;
}

}  // namespace tinyguard
