// Words cut and joined without a rule, spaces left out here and put in there, marks inside of words.
#include <algorithm>

#include "detect/leet.h"
#include "detect/stretch.h"
#include "views/spacing.h"

namespace tinyguard {
namespace {

constexpr int kUnknown = 10;  // weights of a word in a stretch
constexpr int kJoined = 30;   // an unknown one that is words with a common one among them
constexpr int kCutOff = 4;    // a known word with a mark or a letter of another one beside it
constexpr int kName = -4;
constexpr int kLongKnown = -5;
constexpr int kKnown = -3;
constexpr int kCode = -12;
constexpr int kLeast = 26;
constexpr int kDrop = 30;
constexpr size_t kLongestJudged = 4000;              // letters of one stretch that are read for the proof
constexpr uint32_t kLeastUnknown = 10;               // letters in unknown words that become known ones
constexpr uint32_t kLeastCut = 2, kLeastJoined = 3;  // words that are whole again, and that stand apart again
// What the order of the words must gain, for each of them. Compounds, foreign words and identifiers fall into
// dictionary words too, but not into sentences.
constexpr int kLeastOrder = 3, kLeastOrderJoined = 8;  // sixteenths of a nat
// "tellme", "thisshop": two of them in a sentence are proof; a compound has no word like "this" in it.
constexpr uint32_t kLeastCommon = 2;
constexpr uint32_t kCommonLetters = 3, kCommonCost = 70;  // tenths of a nat
// Of languages whose order is not known: words that a mark had cut.
constexpr uint32_t kLeastMarked = 3;
constexpr float kMostBefore = 0.92f, kPlausible = 0.85f, kLeastMeanWord = 3.2f, kMostMeanCost = 2.6f;
constexpr size_t kMostCode = 1;

bool is_code(std::u32string_view text, const Word& word) {
  const auto code = [](char32_t c) { return c - U'0' < 10 || c == '@' || c == '$' || c == '+' || c == '/'; };
  return (word.begin > 0 && code(text[word.begin - 1])) ||
         (word.end() < text.size() && code(text[word.end()]));
}

// Signs of program text, and identifiers in camel case.
bool looks_like_code(const LanguageTables& tables, std::u32string_view part) {
  constexpr std::u32string_view signs = U"{}[]<>=;/\\#|*";
  size_t count = 0;
  for (size_t i = 0; i < part.size(); ++i) {
    count += signs.find(part[i]) != std::u32string_view::npos;
    const bool small = i > 0 && part[i - 1] >= 'a' && part[i - 1] <= 'z';
    count += small && fold_letter(tables, part[i]).letter && lower_letter(tables, part[i]) != part[i];
  }
  return count > kMostCode;
}

// An unknown word that is dictionary words, one of them among the commonest.
bool is_joined(const WordScan& scan, std::u32string_view text, const Word& word) {
  const LanguageTables& tables = *scan.tables;
  if (word.known() || word.size < 2 * kCommonLetters || !(word.flags & kLatin) || (word.flags & kContinues))
    return false;
  const bool name = (word.flags & kCapital) && !(word.flags & kSentence);
  if (name || is_code(text, word) || (word.end() < text.size() && text[word.end()] == '(')) return false;
  char32_t lower[kLongestScanned];
  for (size_t i = 0; i < word.size; ++i) lower[i] = lower_letter(tables, text[word.begin + i]);
  const Segmentation words = segment_words(tables, lower, word.size);
  if (words.known_letters != word.size || words.ends.size() < 2) return false;
  uint32_t begin = 0;
  for (const uint32_t end : words.ends) {
    if (end - begin >= kCommonLetters &&
        dictionary_cost(tables, hash_word(lower + begin, end - begin)) <= kCommonCost)
      return true;
    begin = end;
  }
  return false;
}

// Words of `after` that stand across what was a gap in `before`, and gaps of `after` that `before` lacks.
// Both have the same letters in the same order.
struct Mended {
  uint32_t cut = 0, joined = 0;
  uint32_t marked = 0;  // of those cut, by a mark
};
Mended compare(const WordScan& before, std::u32string_view text, const WordScan& after) {
  Mended mended;
  size_t k = 0;
  uint32_t done = 0, letters = 0;  // letters before words[k] of `before`, and before a word of `after`
  for (const Word& word : after.words) {
    while (k < before.words.size() && done + before.words[k].size <= letters) done += before.words[k++].size;
    if (k == before.words.size()) break;
    mended.joined += done < letters;
    if (done + before.words[k].size < letters + word.size) {
      ++mended.cut;
      const size_t gap = before.words[k].end();
      mended.marked += gap < text.size() && is_cutting_mark(text[gap]);
    }
    letters += word.size;
  }
  return mended;
}

// The words `first` to `last` put right, if that makes a sentence of them.
void judge(Detection& detection, const Covered& covered, std::u32string_view text, const WordScan& scan,
           size_t first, size_t last) {
  const Span span{scan.words[first].begin, scan.words[last].end()};
  const std::u32string_view part = text.substr(span.begin, span.size());
  if (covered.mostly(span) || looks_like_code(*scan.tables, part)) return;
  const WordScan was = scan_words(part);
  const Reading before = read_text(was, part);
  std::u32string respaced = respace_marked_words(part);
  const WordScan is = scan_words(respaced);
  const Reading after = read_text(is, respaced);
  const uint32_t unknown = before.letters - before.known_letters;
  const uint32_t left = after.letters - after.known_letters;
  DifferentWords common;
  for (size_t i = first; i <= last && common.count < kLeastCommon; ++i) {
    if (is_joined(scan, text, scan.words[i])) common.add(scan.words[i].hash);
  }
  const bool joined = common.count >= kLeastCommon;
  if ((!joined && before.plausibility > kMostBefore) || unknown < left + kLeastUnknown || 5 * left > unknown)
    return;
  if (after.plausibility < kPlausible || after.mean_cost > kMostMeanCost) return;
  if (static_cast<float>(after.letters) < kLeastMeanWord * static_cast<float>(after.words)) return;
  const Mended mended = compare(was, part, is);
  if (!joined && mended.cut < kLeastCut && mended.joined < kLeastJoined) return;
  const int per_word = joined || mended.cut >= kLeastCut ? kLeastOrder : kLeastOrderJoined;
  const bool in_order = after.order >= before.order + per_word * static_cast<int>(after.words);
  if (!in_order && !(mended.marked >= kLeastMarked && left == 0)) return;
  detection.evidence.push_back({span, "respaced"});
  detection.recover({std::move(respaced), span, "respaced", after.plausibility});
}

}  // namespace

void find_respaced(Detection& detection, const TextView& view, const WordScan& scan) {
  const std::u32string_view text = view.normalized.text;
  const auto& words = scan.words;
  // Of a language that the dictionary lacks, most words are unknown, and many fall into pieces.
  const bool supported = 3 * scan.unknown <= words.size();
  const auto touched = [&](size_t i) {
    return (words[i].flags & kTouches) || (i + 1 < words.size() && (words[i + 1].flags & kTouches));
  };
  const auto value = [&](size_t i, bool) {
    const Word& word = words[i];
    if (is_code(text, word)) return kCode;
    if (!(word.flags & kLatin)) return kKnown;
    if (word.known()) {
      if (word.size >= 6) return kLongKnown;
      if (touched(i)) return kCutOff;
      return word.size >= 4 ? kKnown : word.size == 3 ? -1 : 0;
    }
    if (supported && is_joined(scan, text, word)) return kJoined;
    if ((word.flags & kCapital) && !(word.flags & kSentence) && !touched(i)) return kName;
    return word.size >= 2 ? kUnknown : 0;
  };
  const Covered covered(detection.recoveries);  // its own are disjoint
  size_t free = 0;                              // the first word that was not judged
  for (const Stretch& stretch : find_stretches(words.size(), kLeast, kDrop, value)) {
    if (stretch.last < free) continue;
    const Stretch wide = widen_stretch(stretch, free, words.size(), [&](size_t i) {
      return (words[i].flags & (kSentence | kLineBreak)) != 0;
    });
    // A long stretch is judged in pieces.
    for (size_t first = wide.first; first <= wide.last; first = free) {
      size_t last = first;
      while (last < wide.last && words[last + 1].end() - words[first].begin <= kLongestJudged) ++last;
      judge(detection, covered, text, scan, first, last);
      free = last + 1;
    }
  }
}

}  // namespace tinyguard
