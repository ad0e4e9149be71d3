#include "detect/slips.h"

#include <algorithm>

#include "detect/stretch.h"
#include "views/slips.h"

namespace tinyguard {
namespace {

constexpr uint32_t kLeastRepairs = 3;
constexpr int kUnknown = 12;  // weights of a word in a stretch
constexpr int kShortUnknown = 4;
constexpr int kName = -4;
constexpr int kLongKnown = -3;
constexpr int kGlued = -8;  // code
constexpr int kLeast = 24;
constexpr int kDrop = 30;
// Names and foreign words read like language before anything is repaired, and fit in no better afterwards.
constexpr float kMostBefore = 0.89f, kPlausible = 0.7f;
constexpr int kLeastOrder = 4 * kNat, kLeastOrderFew = 10 * kNat;
// Unknown words that are tried before a stretch without repairs is let go; of one text so many at all, or one
// word in so many where that is more.
constexpr uint32_t kTried = 12, kMost = 1500, kMostShare = 4;
constexpr uint32_t kGivenUp = 3;  // words without a repair that end the trial, beside one for each repair

// A capital and then a small letter, in the middle of a sentence.
bool is_name(const WordScan& scan, std::u32string_view text, const Word& word) {
  if (!(word.flags & kCapital) || (word.flags & kSentence)) return false;
  const char32_t second = text[word.begin + (word.size > 1 ? 1 : 0)];
  return lower_letter(*scan.tables, second) == second;
}

struct Count {
  uint32_t unknown = 0, repairs = 0;
  DifferentWords different;
};

Count count_repairs(const WordScan& scan, const Stretch& stretch, size_t from,
                    const std::vector<Place>& places, const std::vector<uint8_t>& chosen) {
  Count count;
  const size_t end = std::min(stretch.last + 1, from + places.size());
  for (size_t i = std::max(stretch.first, from); i < end; ++i) {
    const Word& word = scan.words[i];
    if (word.known() || word.size < 3) continue;
    ++count.unknown;
    if (places[i - from].options.list[chosen[i - from]].word == 0) continue;
    ++count.repairs;
    count.different.add(word.hash);
  }
  return count;
}

// Whether a stretch is worth a closer look: of its first unknown words a good part can be repaired. Foreign
// words and names are given up after a few; they are most of what is tried.
bool promising(const WordScan& scan, std::u32string_view text, const Stretch& stretch, uint32_t& budget) {
  uint32_t tried = 0, repaired = 0;
  for (size_t i = stretch.first; i <= stretch.last && tried < kTried && budget > 0; ++i) {
    const Word& word = scan.words[i];
    if (word.known() || word.size < 3) continue;
    ++tried;
    --budget;
    repaired += slip_options(scan, text, word).count > 1;
    if (2 * repaired + kGivenUp < tried) return false;
  }
  return repaired >= kLeastRepairs && 2 * repaired >= tried;
}

}  // namespace

void detect_slips(const TextView& view, const WordScan& scan, Detection& detection) {
  if (scan.tables == nullptr || scan.unknown < kLeastRepairs) return;
  const std::u32string_view text = view.normalized.text;
  const auto& words = scan.words;
  const auto value = [&](size_t i, bool) {
    const Word& word = words[i];
    if (word.known()) return word.size >= 5 ? kLongKnown : word.size == 4 ? -1 : 0;
    if (word.flags & (kGluedLeft | kGluedRight | kContinues)) return kGlued;
    if (!(word.flags & kLatin) || is_name(scan, text, word)) return kName;
    return word.size >= 4 ? kUnknown : word.size == 3 ? kShortUnknown : 0;
  };
  uint32_t budget = std::max(kMost, static_cast<uint32_t>(words.size() / kMostShare));
  size_t free = 0;  // the first word that no view has taken in
  const Covered covered(detection.recoveries);
  Span own{};
  for (const Stretch& stretch : find_stretches(words.size(), kLeast, kDrop, value)) {
    if (stretch.last < free) continue;
    const Span seen{words[stretch.first].begin, words[stretch.last].end()};
    if (covered.mostly(seen, own)) continue;
    if (budget == 0) {
      detection.cut = true;
      break;
    }
    if (!promising(scan, text, stretch, budget)) {
      detection.cut = detection.cut || budget == 0;
      continue;
    }
    // The clause that the stretch stands in is what a reader should see.
    Stretch wide = widen_stretch(stretch, free, words.size(),
                                 [&](size_t i) { return (words[i].flags & (kSentence | kLineBreak)) != 0; });
    if (wide.last - wide.first >= budget) {
      detection.cut = true;
      if (budget == 0) break;
      wide.last = wide.first + budget - 1;
    }
    budget -= static_cast<uint32_t>(wide.last - wide.first + 1);
    const std::vector<Place> places = places_of(scan, text, wide.first, wide.last, slip_options);
    const std::vector<uint8_t> chosen = choose_words(*scan.tables, places);
    const Count count = count_repairs(scan, stretch, wide.first, places, chosen);
    if (count.different.count < kLeastRepairs || count.repairs * 2 < count.unknown) continue;
    const Span whole{words[wide.first].begin, words[wide.last].end()};
    std::u32string repaired = fill_places(*scan.tables, text, whole, places, chosen);
    const Reading reading = read_text(repaired);
    const Reading before = read_text(text.substr(whole.begin, whole.size()));
    const int least = before.plausibility > kMostBefore ? kLeastOrderFew : kLeastOrder;
    if (reading.order < before.order + least) continue;
    if (reading.plausibility < kPlausible || reading.known_letters * 5 < reading.letters * 3) continue;
    free = wide.last + 1;
    own = whole;
    detection.evidence.push_back({seen, "slips"});
    detection.recover({std::move(repaired), whole, "slips", reading.plausibility});
  }
}

}  // namespace tinyguard
