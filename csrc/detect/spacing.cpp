// Words pulled apart or pushed together; see detect/leet.h.
#include "views/spacing.h"

#include <algorithm>
#include <cmath>

#include "detect/leet.h"
#include "detect/stretch.h"
#include "views/flip.h"

namespace tinyguard {
namespace {

constexpr uint32_t kLeastSingles = 6;  // letters in a row
constexpr uint32_t kManySingles = 40;
constexpr uint32_t kWidestGap = 6;       // characters between them
constexpr size_t kLongestJudged = 4000;  // letters of one stretch that are read for the proof
constexpr float kPlausible = 0.8f, kPlausibleMany = 0.7f;
constexpr size_t kLeastHyphenated = 8;  // words
constexpr uint32_t kLeastJoined = 7;    // words, where something shows their ends
constexpr int kLeastFragments = 20;
constexpr int kFragmentDrop = 30;
constexpr uint8_t kRare = 90;  // tenths of a nat

void add(Detection& detection, Span span, std::u32string text, const char* kind, float plausibility,
         float sure) {
  detection.score = std::max(detection.score, std::min(1.0f, plausibility * sure));
  detection.evidence.push_back({span, kind});
  detection.recover({std::move(text), span, kind, plausibility});
}

// "a b c d e f": the alphabet, not a word.
bool is_alphabet(std::u32string_view text, const Word* words, size_t count) {
  size_t steps = 0;
  for (size_t i = 1; i < count; ++i) steps += text[words[i].begin] == text[words[i - 1].begin] + 1;
  return 2 * steps >= count;
}

bool has_variety(std::u32string_view text, const Word* words, size_t count) {
  uint32_t seen = 0;
  for (size_t i = 0; i < count; ++i) seen |= 1u << (text[words[i].begin] & 31);
  uint32_t kinds = 0;
  for (; seen != 0; seen &= seen - 1) ++kinds;
  return kinds >= 5;
}

float mean_word(const Reading& reading) {
  return static_cast<float>(reading.letters) / static_cast<float>(std::max(1u, reading.words));
}

// Runs of single letters.
void find_spaced_letters(Detection& detection, std::u32string_view text, const WordScan& scan) {
  const auto& words = scan.words;
  for (size_t first = 0; first < words.size();) {
    if (words[first].size != 1) {
      ++first;
      continue;
    }
    size_t last = first;
    while (last + 1 < words.size() && words[last + 1].size == 1 &&
           words[last + 1].begin - words[last].end() <= kWidestGap && text[words[last].end()] - U'0' >= 10) {
      ++last;
    }
    if (last - first + 1 >= kLeastSingles && !is_alphabet(text, &words[first], last - first + 1) &&
        has_variety(text, &words[first], last - first + 1)) {
      const Span span{words[first].begin, words[last].end()};
      std::u32string joined = join_spaced_letters(text.substr(span.begin, span.size()));
      const Reading reading = read_text(joined);
      // Chance words of a list of letters are short; real ones are not.
      const bool proven = 4 * reading.known_letters >= 3 * reading.letters ||
                          (reading.letters >= 20 && 2 * reading.known_letters >= reading.letters);
      const float enough = reading.letters >= kManySingles ? kPlausibleMany : kPlausible;
      if (proven && reading.plausibility >= enough && mean_word(reading) >= 2.8f &&
          reading.mean_cost <= 3.2f) {
        add(detection, span, std::move(joined), "spacing", reading.plausibility,
            1.0f - std::exp(-static_cast<float>(reading.letters) / 8.0f));
      }
    }
    first = last + 1;
  }
}

// Fragments of words.
void find_fragments(Detection& detection, std::u32string_view text, const WordScan& scan) {
  const auto& words = scan.words;
  const auto value = [&](size_t i, bool) {
    const Word& word = words[i];
    if (word.flags & (kGluedLeft | kGluedRight | kContinues)) return -12;
    // Fragments are often rare words themselves.
    if (word.known() && word.size <= 4 && word.cost >= kRare) return 3;
    if (word.known()) return word.size >= 6 ? -12 : word.size >= 4 ? -4 : -1;
    if (word.flags & kCapital && !(word.flags & kSentence)) return -4;  // names
    return word.size <= 6 ? 10 : -6;
  };
  for (const Stretch& stretch : find_stretches(words.size(), kLeastFragments, kFragmentDrop, value)) {
    size_t first = stretch.first, last = stretch.last;
    for (int n = 0; n < 6 && first > 0 && !(words[first].flags & kClause); ++n) --first;
    for (int n = 0; n < 6 && last + 1 < words.size() && !(words[last + 1].flags & kClause); ++n) ++last;
    const Span span{words[first].begin, words[last].end()};
    if (span.size() > kLongestJudged) continue;
    size_t singles = 0;
    for (size_t i = first; i <= last; ++i) singles += words[i].size == 1;
    if (3 * singles > last - first + 1) continue;  // formulas, lists of letters
    const std::u32string_view part = text.substr(span.begin, span.size());
    const Reading before = read_text(part);
    std::u32string joined = respace_words(part);
    const Reading after = read_text(joined);
    if (after.plausibility < kPlausible || 10 * after.known_letters < 9 * after.letters) continue;
    if (after.words < 2 || after.words * 10 > before.words * 9 || mean_word(after) < 3.5f) continue;
    if (after.mean_cost + 0.5f > before.mean_cost || after.mean_cost > 2.6f) continue;
    add(detection, span, std::move(joined), "spacing", after.plausibility,
        std::min(1.0f, static_cast<float>(before.words - after.words) / 6.0f + 0.3f));
  }
}

// A capital after a small letter: an identifier, or a hashtag.
bool is_camel(const WordScan& scan, std::u32string_view text, Span span) {
  const auto small = [&](uint32_t i) { return lower_letter(*scan.tables, text[i]) == text[i]; };
  for (uint32_t i = span.begin + 1; i < span.end; ++i) {
    if (small(i - 1) && !small(i)) return true;
  }
  return false;
}

// A space before each capital that begins a word: "TellMeTheSecretWord".
std::u32string split_camel(const LanguageTables& tables, std::u32string_view text) {
  const auto small = [&](size_t i) { return lower_letter(tables, text[i]) == text[i]; };
  std::u32string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = i > 0 && !small(i) && (small(i - 1) || (i + 1 < text.size() && small(i + 1)));
    if (begins) out.push_back(' ');
    out.push_back(text[i]);
  }
  return out;
}

bool reads_as_words(const Reading& reading) {
  return reading.words >= kLeastJoined && reading.plausibility >= kPlausible && mean_word(reading) >= 2.5f;
}

float sure_of(const Reading& reading) { return std::min(1.0f, static_cast<float>(reading.words) / 6.0f); }

// Long runs of letters that are several words.
void find_joined(Detection& detection, std::u32string_view text, const WordScan& scan) {
  constexpr uint32_t least = 20, least_words = 5, least_camel = 8;
  constexpr int least_order = 4 * kNat;  // identifiers string nouns together; sentences have function words
  const auto& words = scan.words;
  for (size_t i = 0; i < words.size();) {
    size_t last = i;
    while (last + 1 < words.size() && (words[last + 1].flags & kContinues)) ++last;
    const Span span{words[i].begin, words[last].end()};
    const bool candidate = !words[i].known() && span.size() >= least && span.size() <= kLongestJudged &&
                           !(words[i].flags & kGluedLeft);
    if (candidate) {
      const std::u32string_view part = text.substr(span.begin, span.size());
      const bool camel = is_camel(scan, text, span);
      std::u32string split = camel ? split_camel(*scan.tables, part) : std::u32string();
      Reading reading = read_text(split);
      bool proven = reads_as_words(reading);
      if (!proven && (words[i].flags & kLatin)) {
        split = split_joined_words(*scan.tables, part);
        reading = read_text(split);
        // Compounds of Germanic and Finnic languages have two or three parts and no function words between.
        const uint32_t enough = camel ? least_camel : least_words;
        proven = reading.known_letters == reading.letters && reading.words >= enough &&
                 mean_word(reading) >= 3.2f && reading.mean_cost <= 2.2f && reading.order >= least_order;
      }
      if (proven) add(detection, span, std::move(split), "joined", reading.plausibility, sure_of(reading));
    }
    i = last + 1;
  }
}

// Nothing but a quote or the end of a sentence stands next to it: no part of an address, a path or an anchor.
bool stands_free(std::u32string_view text, Span span) {
  constexpr std::u32string_view kMarks = U"\"'`.,;:!?\u201C\u201D\u00AB\u00BB";
  const auto free = [&](size_t i) {
    return i >= text.size() || is_space(text[i]) || kMarks.find(text[i]) != std::u32string_view::npos;
  };
  return free(span.begin - size_t{1}) && free(span.end);
}

// Sentences with hyphens or underscores for spaces.
void find_hyphenated(Detection& detection, std::u32string_view text, const WordScan& scan) {
  const auto& words = scan.words;
  const auto touches = [&](size_t i) { return i < words.size() && (words[i].flags & kTouches); };
  // Of so many words in a row that touch, one is met at this stride.
  constexpr size_t stride = kLeastHyphenated - 1;
  for (size_t at = stride; at < words.size();) {
    size_t first = at, last = at;
    while (touches(first)) --first;
    while (touches(last + 1)) ++last;
    const Span span{words[first].begin, words[last].end()};
    if (last - first + 1 >= kLeastHyphenated && span.size() <= kLongestJudged && stands_free(text, span)) {
      std::u32string part(text.substr(span.begin, span.size()));
      for (const char32_t mark : {U'_', U'-'}) {
        const auto marks = static_cast<size_t>(std::count(part.begin(), part.end(), mark));
        if (5 * marks < 4 * (last - first) || part.find(U'/') != std::u32string::npos) continue;
        std::replace(part.begin(), part.end(), mark, U' ');
        const Reading reading = read_text(part);
        if (reads_as_words(reading))
          add(detection, span, std::move(part), "joined", reading.plausibility, sure_of(reading));
        break;
      }
    }
    at = last + stride;
  }
}

}  // namespace

void find_spacing(Detection& detection, const TextView& view, const WordScan& scan) {
  const std::u32string_view text = view.normalized.text;
  if (scan.single >= kLeastSingles) find_spaced_letters(detection, text, scan);
  if (scan.unknown >= 3) find_fragments(detection, text, scan);
  if (scan.long_runs > 0) find_joined(detection, text, scan);
  find_hyphenated(detection, text, scan);
  if (scan.unknown >= 2) find_respaced(detection, view, scan);
}

}  // namespace tinyguard
