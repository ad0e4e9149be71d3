#include "detect/typoglycemia.h"

#include <algorithm>
#include <cmath>

#include "detect/slips.h"
#include "detect/stretch.h"
#include "detect/vowels.h"
#include "views/best_of_n.h"
#include "views/typoglycemia.h"
#include "views/vowels.h"

namespace tinyguard {
namespace {

constexpr int kRepaired = 12;      // weights of a word in a stretch
constexpr int kMoved = 10;         // repaired once a letter is moved back by one, under capitals at random
constexpr int kNotRepaired = -10;  // unknown and not scrambled: a name, another language
constexpr int kNoisier = -3;       // … under capitals at random: more noise than can be undone
constexpr int kLongKnown = -4;     // a long word in order
constexpr int kGlued = -6;         // code
constexpr int kLeast = 24;
constexpr int kDrop = 30;
constexpr uint32_t kLeastNoisy = 2;          // unknown words with capitals inside
constexpr uint32_t kLeastWithoutVowels = 4;  // unknown words that may be that
constexpr uint32_t kSample = 64;             // words after which a text without such capitals is let go
constexpr float kPlausible = 0.7f;

// What a stretch holds.
struct Count {
  uint32_t long_words = 0, unknown = 0, repairs = 0;
  uint32_t cased = 0, mixed = 0;  // words that can show capitals at random, and those that do
  DifferentWords exact, any;      // repairs without a moved letter, and all
  bool noisy() const { return mixed * 2 >= cased; }
  float share() const { return static_cast<float>(repairs) / static_cast<float>(std::max(1u, long_words)); }
};

Count count_words(const WordScan& scan, std::u32string_view text, const Stretch& stretch) {
  Count count;
  for (size_t i = stretch.first; i <= stretch.last; ++i) {
    const Word& word = scan.words[i];
    if (word.size >= 3) {
      ++count.cased;
      count.mixed += mixed_case(scan, text, word);
    }
    if (word.size < 4) continue;
    ++count.long_words;
    count.unknown += !word.known();
    const bool exact = !repair_scrambled(scan, text, word).empty();
    if (!exact && !has_moved_letter(scan, text, word)) continue;
    ++count.repairs;
    count.any.add(word.hash);
    if (exact) count.exact.add(word.hash);
  }
  return count;
}

// What proves a stretch. Capitals at random in most words are half a proof by themselves.
struct Proof {
  uint32_t distinct;  // different repairs
  float share;        // of the long words
  uint32_t tenths;    // of the unknown words
};
constexpr uint32_t kLeastRepairs = 3;
constexpr Proof kScrambled{kLeastRepairs, 0.4f, 7}, kNoisy{kLeastRepairs, 0.15f, 3};

bool proven(const Count& count) {
  const Proof& proof = count.noisy() ? kNoisy : kScrambled;
  const uint32_t distinct = count.noisy() ? count.any.count : count.exact.count;
  return distinct >= proof.distinct && count.share() >= proof.share &&
         count.repairs * 10 >= count.unknown * proof.tenths;
}

// The unknown words at a glance; ordinary text has few of them, and mostly ends here.
struct Glance {
  bool noisy = false;   // capitals at random throughout the text
  bool vowels = false;  // enough words without vowels to look closer
};

Glance glance_at(const WordScan& scan, std::u32string_view text) {
  constexpr uint32_t vowels =
      1u << ('a' & 31) | 1u << ('e' & 31) | 1u << ('i' & 31) | 1u << ('o' & 31) | 1u << ('u' & 31);
  uint32_t unknown = 0, mixed = 0, poor = 0;
  for (const Word& word : scan.words) {
    if (word.known() || word.size < 3 || !(word.flags & kLatin)) continue;
    uint32_t inner = 0, capitals = 0;
    for (uint32_t i = word.begin + 1; i < word.end(); ++i) {
      const char32_t c = text[i];
      if (c >= 0x80) continue;  // no vowel that is dropped
      inner += i + 1 < word.end() ? vowels >> (c & 31) & 1 : 0;
      capitals += c < 'a';
    }
    ++unknown;
    mixed += capitals != 0 && capitals + 1u < word.size;
    poor += vowel_poor(word.size, inner);
  }
  Glance glance;
  glance.vowels = poor >= kLeastWithoutVowels;
  if (mixed < kLeastNoisy || mixed * 2 < unknown) return glance;
  uint32_t all = 0;
  mixed = 0;
  for (const Word& word : scan.words) {
    if (word.size < 3) continue;
    ++all;
    mixed += mixed_case(scan, text, word);
    if (all == kSample && mixed * 4 < all) return glance;
  }
  glance.noisy = mixed * 2 >= all;
  return glance;
}

// The words that a reader should see with the stretch: the clause that it stands in; under capitals at random
// also the sentences around it, as long as their words are like that.
Stretch widen(const WordScan& scan, std::u32string_view text, const Stretch& stretch, size_t free,
              bool noisy) {
  constexpr size_t near = 3;
  const auto mixed = [&](const Word& word) { return mixed_case(scan, text, word); };
  return widen_stretch(stretch, free, scan.words.size(), [&](size_t i) {
    if (!(scan.words[i].flags & (kSentence | kLineBreak))) return false;
    const auto at = scan.words.begin() + static_cast<std::ptrdiff_t>(i);
    const auto from = at - static_cast<std::ptrdiff_t>(std::min(i, near));
    const auto to = at + static_cast<std::ptrdiff_t>(std::min(scan.words.size() - i, near));
    return !noisy || std::none_of(from, at, mixed) || std::none_of(at, to, mixed);
  });
}

}  // namespace

Detection detect_typoglycemia(const TextView& view, const WordScan& scan) {
  Detection detection;
  if (scan.tables == nullptr || scan.unknown < kLeastRepairs) return detection;
  const std::u32string_view text = view.normalized.text;
  const auto& words = scan.words;
  // "!" for a space: the words beside it are no code.
  const auto beside_space = [&](const Word& word) {
    return ((word.flags & kGluedLeft) == 0 || moved_space(text, word.begin - 1, *scan.tables)) &&
           ((word.flags & kGluedRight) == 0 || moved_space(text, word.end(), *scan.tables));
  };
  const Glance glance = glance_at(scan, text);
  const auto value = [&](size_t i, bool open) {
    const Word& word = words[i];
    if (word.known()) {
      if (glance.noisy) return 0;
      if (open && word.size >= 4 && mixed_case(scan, text, word)) return 0;
      return word.size >= 5 ? kLongKnown : word.size == 4 ? -1 : 0;
    }
    if (word.size < 4) return word.size == 1 ? 0 : -2;
    const bool glued = (word.flags & (kGluedLeft | kGluedRight)) != 0;
    if ((word.flags & kContinues) || (glued && !((open || glance.noisy) && beside_space(word))))
      return kGlued;
    if (!repair_scrambled(scan, text, word).empty()) return kRepaired;
    if (!glance.noisy && !(open && mixed_case(scan, text, word))) return kNotRepaired;
    return has_moved_letter(scan, text, word) ? kMoved : kNoisier;
  };
  size_t free = 0;  // the first word that no view has taken in
  for (const Stretch& stretch : find_stretches(words.size(), kLeast, kDrop, value)) {
    if (stretch.last < free) continue;
    const Count count = count_words(scan, text, stretch);
    if (!proven(count)) continue;
    const Stretch wide = widen(scan, text, stretch, free, count.noisy());
    const std::vector<Place> places = scrambled_places(scan, text, wide.first, wide.last, count.noisy());
    const Span whole{places.front().span.begin, places.back().span.end};
    std::u32string clause =
        fill_places(*scan.tables, text, whole, places, choose_words(*scan.tables, places));
    if (count.noisy()) calm_noise(*scan.tables, clause);
    const float plausibility = read_text(clause).plausibility;
    if (plausibility < kPlausible) continue;
    free = wide.last + 1;
    const float score = count.share() * (1.0f - std::exp(-static_cast<float>(count.repairs) / 2.0f));
    detection.score = std::max(detection.score, std::min(1.0f, score));
    detection.evidence.push_back({{words[stretch.first].begin, words[stretch.last].end()}, "typoglycemia"});
    detection.recover({std::move(clause), whole, "typoglycemia", plausibility});
  }
  if (glance.vowels) detect_vowels(view, scan, detection);
  detect_slips(view, scan, detection);
  return detection;
}

Detection detect_typoglycemia(const TextView& view) {
  return detect_typoglycemia(view, scan_words(view.normalized.text));
}

}  // namespace tinyguard
