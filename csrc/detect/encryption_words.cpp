// CodeChameleon: words rearranged by a rule; see detect/encryption.h.
#include <algorithm>
#include <array>
#include <cmath>

#include "detect/encryption.h"
#include "views/codechameleon.h"
#include "views/flip.h"

namespace tinyguard {
namespace {

constexpr uint32_t kLeastWords = 4;
constexpr float kPlausible = 0.6f;
constexpr int kLeastOrder = 8 * kNat;  // log odds that a rearrangement must win
constexpr size_t kLeastOrdered = 6;    // words of a clause that is tried
constexpr size_t kMostOrdered = 400;

void add(Detection& detection, Span span, std::u32string text, const char* kind, float plausibility,
         float sure) {
  detection.score = std::max(detection.score, std::min(1.0f, plausibility * sure));
  detection.evidence.push_back({span, kind});
  detection.recover({std::move(text), span, kind, plausibility});
}

void find_structures(Detection& detection, std::u32string_view text) {
  static constexpr struct {
    DecodedPart (*read)(std::u32string_view, size_t);
    const char* kind;
  } readers[] = {{&read_binary_tree, "codechameleon_tree"}, {&read_indexed_words, "codechameleon_length"}};
  std::array<size_t, 2> resume{0, 0};  // where each reader may start again, so that no text is read twice
  for (size_t i = 0; i < text.size(); ++i) {
    const bool object = text[i] == '{';
    if (!object && text[i] != '[') continue;
    for (size_t r = 0; r < 2; ++r) {
      if (i < resume[r] || (r == 0 && !object)) continue;
      DecodedPart part = readers[r].read(text, i);
      resume[r] = std::max<size_t>(part.span.end, i + 1);
      if (part.words < kLeastWords) continue;
      const Reading reading = read_text(part.text);
      if (reading.plausibility < kPlausible || 2 * reading.known_letters < reading.letters) continue;
      // Keys of a JSON object with indices are also a table of contents or an enum: those are no sentence.
      if (r == 1 && reading.order < 0) continue;
      const float sure = 1.0f - std::exp(-static_cast<float>(part.words) / 3.0f);
      add(detection, part.span, std::move(part.text), readers[r].kind, reading.plausibility, sure);
      resume = {part.span.end, part.span.end};
    }
  }
}

// Words that a prompt uses to speak of a cipher.
bool speaks_of_decryption(const WordScan& scan) {
  static constexpr std::u32string_view stems[] = {U"decrypt",    U"decryption", U"decrypted", U"encrypted",
                                                  U"encryption", U"encrypt",    U"decode",    U"decoded",
                                                  U"encoded",    U"cipher",     U"odd",       U"even",
                                                  U"scrambled",  U"rearranged", U"shuffled",  U"interleaved"};
  std::array<uint32_t, std::size(stems)> hashes;
  for (size_t i = 0; i < hashes.size(); ++i) hashes[i] = hash_word(stems[i].data(), stems[i].size());
  uint64_t filter = 0;
  for (const uint32_t hash : hashes) filter |= uint64_t{1} << (hash >> 26);
  for (const Word& word : scan.words) {
    if ((filter >> (word.hash >> 26) & 1) == 0) continue;
    for (const uint32_t hash : hashes) {
      if (word.hash == hash) return true;
    }
  }
  return false;
}

// A clause (line, quoted part, what follows a colon) whose words read clearly better in another order, in a
// text that speaks of decryption: elsewhere headings and lists would come out "better" by luck.
void find_reordered(Detection& detection, const WordScan& scan, std::u32string_view text) {
  const auto& words = scan.words;
  bool asked = false, announced = false;
  for (size_t first = 0; first < words.size();) {
    size_t last = first;
    int order = words[first].order;
    while (last + 1 < words.size() && !(words[last + 1].flags & kClause)) order += words[++last].order;
    const size_t count = last - first + 1;
    const size_t next = last + 1;
    // A clause in order wins about a nat a pair.
    const bool candidate =
        count >= kLeastOrdered && count <= kMostOrdered && order < static_cast<int>(count) * kNat * 3;
    if (candidate && !asked) {
      announced = speaks_of_decryption(scan);
      asked = true;
    }
    if (candidate && announced) {
      Span span{words[first].begin, words[last].end()};
      while (span.end < text.size() && !is_space(text[span.end]) && text[span.end] != '"' &&
             text[span.end] != '\'')
        ++span.end;
      const std::u32string_view part = text.substr(span.begin, span.size());
      static constexpr struct {
        std::u32string (*undo)(std::u32string_view);
        const char* kind;
      } rules[] = {{&interleave_halves, "codechameleon_odd_even"},
                   {&flip_word_order, "codechameleon_reverse"}};
      // The rule that puts the words into the best order, if that order is good.
      std::u32string best;
      Reading best_reading;
      const char* kind = nullptr;
      for (const auto& rule : rules) {
        std::u32string plain = rule.undo(part);
        const Reading reading = read_text(plain);
        if (kind != nullptr && reading.order <= best_reading.order) continue;
        best = std::move(plain);
        best_reading = reading;
        kind = rule.kind;
      }
      const int gain = best_reading.order - order;
      const int fair = static_cast<int>(count) * kNat * 8 / 10;
      if (gain >= kLeastOrder && best_reading.order >= std::max(kLeastOrder, fair) &&
          best_reading.plausibility >= kPlausible) {
        add(detection, span, std::move(best), kind, best_reading.plausibility,
            1.0f - std::exp(-static_cast<float>(gain) / (2.0f * kLeastOrder)));
      }
    }
    first = next;
  }
}

}  // namespace

void find_rearranged_words(Detection& detection, const TextView& view, const WordScan& scan) {
  const std::u32string_view text = view.normalized.text;
  if (scan.brace) find_structures(detection, text);
  if (scan.words.size() >= kLeastOrdered) find_reordered(detection, scan, text);
}

}  // namespace tinyguard
