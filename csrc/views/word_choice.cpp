#include "views/word_choice.h"

#include <algorithm>
#include <array>

namespace tinyguard {
namespace {

// Costs are tenths of a nat, odds sixteenths: both in eightieths.
constexpr int32_t kCostUnit = 8;
constexpr int32_t kOddsUnit = 5;
constexpr size_t kLongestStored = 32;

int32_t step_cost(const LanguageTables& tables, uint32_t before, const WordOption& after) {
  // Only a pair seen in this order speaks for itself: one seen in the other order is no worse than one never
  // seen.
  const int32_t odds =
      before != 0 && after.hash != 0 ? std::max(0, pair_odds(tables, before, after.hash)) : 0;
  return after.cost * kCostUnit - odds * kOddsUnit;
}

}  // namespace

std::vector<uint8_t> choose_words(const LanguageTables& tables, const std::vector<Place>& places) {
  std::vector<std::array<uint8_t, WordOptions::kMost>> back(places.size());
  std::array<int32_t, WordOptions::kMost> total{}, next{};
  for (size_t i = 0; i < places.size(); ++i) {
    const WordOptions& here = places[i].options;
    const WordOptions* before = i > 0 ? &places[i - 1].options : nullptr;
    for (size_t k = 0; k < here.count; ++k) {
      int32_t best = 0;
      for (size_t j = 0; j < (before != nullptr ? before->count : 1); ++j) {
        const uint32_t hash =
            places[i].sentence || before == nullptr ? kSentenceBoundary : before->list[j].hash;
        const int32_t cost = (before != nullptr ? total[j] : 0) + step_cost(tables, hash, here.list[k]);
        if (j > 0 && cost >= best) continue;
        best = cost;
        back[i][k] = static_cast<uint8_t>(j);
      }
      next[k] = best;
    }
    // Only differences matter; a long text must not run out of numbers.
    const int32_t least = *std::min_element(next.begin(), next.begin() + here.count);
    for (size_t k = 0; k < here.count; ++k) total[k] = next[k] - least;
  }
  std::vector<uint8_t> chosen(places.size());
  if (places.empty()) return chosen;
  const size_t last = places.size() - 1;
  chosen[last] = static_cast<uint8_t>(
      std::min_element(total.begin(), total.begin() + places[last].options.count) - total.begin());
  for (size_t i = last; i > 0; --i) chosen[i - 1] = back[i][chosen[i]];
  return chosen;
}

std::u32string spell_like(const LanguageTables& tables, uint32_t word, std::u32string_view original) {
  char32_t letters[kLongestStored];
  const size_t size = decode_word(tables.words.data() + (word >> 8), letters, kLongestStored);
  const auto capital = [&](char32_t c) { return lower_letter(tables, c) != c; };
  const bool all = original.size() >= 2 && std::all_of(original.begin(), original.end(), [&](char32_t c) {
                     return capital(c) || !fold_letter(tables, c).letter;
                   });
  std::u32string result(letters, size);
  for (size_t k = 0; k < size; ++k) {
    if (k == 0 ? !all && !capital(original[0]) : !all) continue;
    if (result[k] >= 'a' && result[k] <= 'z') {
      result[k] -= 'a' - 'A';
      continue;
    }
    // There is no table of upper case; the original has the letter.
    const auto same = std::find_if(original.begin(), original.end(), [&](char32_t c) {
      return capital(c) && lower_letter(tables, c) == result[k];
    });
    if (same != original.end()) result[k] = *same;
  }
  return result;
}

std::u32string fill_places(const LanguageTables& tables, std::u32string_view text, Span span,
                           const std::vector<Place>& places, const std::vector<uint8_t>& chosen) {
  std::u32string filled;
  filled.reserve(span.size() + span.size() / 2);
  uint32_t done = span.begin;
  for (size_t i = 0; i < places.size(); ++i) {
    const WordOption& choice = places[i].options.list[chosen[i]];
    if (choice.word == 0) continue;
    const Span place = places[i].span;
    filled += text.substr(done, place.begin - done);
    filled += spell_like(tables, choice.word, text.substr(place.begin, place.size()));
    done = place.end;
  }
  return filled += text.substr(done, span.end - done);
}

std::vector<Place> places_of(const WordScan& scan, std::u32string_view text, size_t first, size_t last,
                             OptionsOf options) {
  std::vector<Place> places;
  places.reserve(last - first + 1);
  for (size_t i = first; i <= last; ++i) {
    const Word& word = scan.words[i];
    places.push_back({{word.begin, word.end()}, (word.flags & kSentence) != 0, options(scan, text, word)});
  }
  return places;
}

std::u32string choose_everywhere(std::u32string_view text, OptionsOf options) {
  const WordScan scan = scan_words(text);
  if (scan.words.empty()) return std::u32string(text);
  const auto places = places_of(scan, text, 0, scan.words.size() - 1, options);
  return fill_places(*scan.tables, text, {0, static_cast<uint32_t>(text.size())}, places,
                     choose_words(*scan.tables, places));
}

}  // namespace tinyguard
