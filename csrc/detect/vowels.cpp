#include "detect/vowels.h"

#include <algorithm>
#include <cmath>

#include "detect/stretch.h"
#include "views/vowels.h"

namespace tinyguard {
namespace {

constexpr uint32_t kLeastRepairs = 4;
constexpr int kRepaired = 12;     // weights of a word in a stretch
constexpr int kShort = 4;         // two letters match something nearly always
constexpr int kRicher = 6;        // a known word that is more likely another one without its vowels
constexpr int kNotRepaired = -8;  // unknown, and no skeleton
constexpr int kVowels = -10;      // a word that kept its vowels
constexpr int kOneVowel = -5;
constexpr int kGlued = -6;  // code
constexpr int kLeast = 36;
constexpr int kDrop = 30;
constexpr int kMuchRarer = 20;  // tenths of a nat
constexpr int32_t kRarest = 115;
constexpr float kPlausible = 0.8f;

}  // namespace

void detect_vowels(const TextView& view, const WordScan& scan, Detection& detection) {
  if (scan.tables == nullptr || scan.unknown < kLeastRepairs) return;
  const std::u32string_view text = view.normalized.text;
  const auto& words = scan.words;
  const auto value = [&](size_t i, bool open) {
    const Word& word = words[i];
    // Most words of ordinary text end here.
    if ((word.known() && !open) || word.size < 2) return 0;
    if (word.flags & (kGluedLeft | kGluedRight | kContinues)) return kGlued;
    if (!(word.flags & kLatin)) return kNotRepaired;
    const uint32_t vowels = inner_vowels(scan, text, word);
    if (!vowel_poor(word.size, vowels)) return vowels > 1 || !word.known() ? kVowels : kOneVowel;
    if (word.known() && word.size > 4) return 0;
    const int32_t repair = vowel_options(scan, text, word).cheapest_change(kUnknownStays);
    if (word.known()) return repair + kMuchRarer <= word.cost ? kRicher : 0;
    if (repair > kRarest) return word.size >= 4 ? kNotRepaired : kNotRepaired / 4;
    return word.size == 2 ? kShort : kRepaired;
  };
  size_t free = 0;  // the first word that no view has taken in
  for (const Stretch& stretch : find_stretches(words.size(), kLeast, kDrop, value)) {
    if (stretch.last < free) continue;
    // The clause that the stretch stands in is what a reader should see.
    const Stretch wide = widen_stretch(stretch, free, words.size(), [&](size_t i) {
      return (words[i].flags & (kSentence | kLineBreak)) != 0;
    });
    const std::vector<Place> places = places_of(scan, text, wide.first, wide.last, vowel_options);
    const std::vector<uint8_t> chosen = choose_words(*scan.tables, places);
    uint32_t repairs = 0, unknown = 0, dropped = 0, kept = 0;
    DifferentWords different;
    for (size_t i = std::max(stretch.first, wide.first); i <= stretch.last; ++i) {
      const Word& word = words[i];
      const WordOption& choice = places[i - wide.first].options.list[chosen[i - wide.first]];
      kept += inner_vowels(scan, text, word);
      unknown += !word.known() && word.size > 2;
      if (choice.word == 0) continue;
      char32_t letters[kLongestScanned];
      dropped += static_cast<uint32_t>(
          decode_word(scan.tables->words.data() + (choice.word >> 8), letters, kLongestScanned) - word.size);
      if (word.known() || word.size < 3) continue;
      ++repairs;
      different.add(word.hash);
    }
    if (different.count < kLeastRepairs || repairs * 10 < unknown * 7 || dropped < 2 * kept) continue;
    const Span whole{words[wide.first].begin, words[wide.last].end()};
    std::u32string restored = fill_places(*scan.tables, text, whole, places, chosen);
    const Reading reading = read_text(restored);
    if (reading.plausibility < kPlausible || reading.order <= 0) continue;
    free = wide.last + 1;
    const auto size = static_cast<float>(stretch.last - stretch.first + 1);
    const float score =
        static_cast<float>(repairs) / size * (1.0f - std::exp(-static_cast<float>(repairs) / 2.0f));
    detection.score = std::max(detection.score, std::min(1.0f, score));
    detection.evidence.push_back({{words[stretch.first].begin, words[stretch.last].end()}, "vowels"});
    detection.recover({std::move(restored), whole, "vowels", reading.plausibility});
  }
}

}  // namespace tinyguard
