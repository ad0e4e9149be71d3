// Rail fence, Vigenère with its key beside it, Pig Latin, doubled letters; see detect/encryption.h.
#include <algorithm>

#include "detect/encryption_scan.h"
#include "views/flip.h"
#include "views/transposition.h"

namespace tinyguard::encryption {
namespace {

constexpr size_t kMostTries = 20;       // spans that are read in one text
constexpr uint32_t kLongest = 1500;     // characters of such a span
constexpr uint32_t kMostTurned = 4000;  // characters of a stretch of Pig Latin or doubled letters
constexpr size_t kMostKeys = 4;

bool closes(char32_t c) {
  constexpr std::u32string_view kMarks = U"\"'`:=<>“”«»‘’([{";
  return kMarks.find(c) != std::u32string_view::npos;
}

bool ends_sentence(std::u32string_view text, uint32_t begin) {
  constexpr std::u32string_view kMarks = U".?!";
  return begin >= 2 && is_space(text[begin - 1]) && kMarks.find(text[begin - 2]) != std::u32string_view::npos;
}

// Where a cipher that moves characters across a whole text may begin and end: a stretch of noise alone, up to
// the marks around it or the sentence before, to the ends of its line, and the whole text. The rule needs the
// ends to the character.
std::vector<Span> likely_spans(const WordScan& scan, std::u32string_view text, const Stretch& stretch) {
  const uint32_t first = scan.words[stretch.first].begin, last = scan.words[stretch.last].end();
  const auto size = static_cast<uint32_t>(text.size());
  const uint32_t reach = std::min(size, last + kLongest);
  uint32_t begins[5] = {first, first, first, first, 0}, ends[4] = {last, last, last, size};
  while (begins[1] > 0 && first - begins[1] < kLongest && text[begins[1] - 1] != U'\n' &&
         !closes(text[begins[1] - 1]))
    --begins[1];
  while (begins[2] > begins[1] && !ends_sentence(text, begins[2])) --begins[2];
  begins[3] = begins[1];
  while (begins[3] > 0 && first - begins[3] < kLongest && text[begins[3] - 1] != U'\n') --begins[3];
  while (ends[0] < reach && !is_space(text[ends[0]])) ++ends[0];
  while (ends[1] < reach && text[ends[1]] != U'\n' && !closes(text[ends[1]])) ++ends[1];
  ends[2] = ends[1];
  while (ends[2] < reach && text[ends[2]] != U'\n') ++ends[2];
  std::vector<Span> spans;
  for (uint32_t begin : begins) {
    while (begin < first && is_space(text[begin])) ++begin;
    for (uint32_t end : ends) {
      while (end > last && is_space(text[end - 1])) --end;
      const Span span{begin, end};
      if (span.size() > kLongest || std::find(spans.begin(), spans.end(), span) != spans.end()) continue;
      spans.push_back(span);
    }
  }
  return spans;
}

// The dictionary has few languages; long text is proven by its letters alone.
bool reads(const Reading& reading, uint32_t known_percent) {
  const bool known = reading.plausibility >= kPlausible && reading.letters >= kLeastLetters &&
                     reading.known_words >= 3 &&
                     100 * reading.known_letters >= known_percent * reading.letters;
  return known || (reading.letters >= kFluent && reading.plausibility >= kFluentPlausible);
}

// Words that a text names as a key: "key: lemon", "the key is lemon".
std::vector<std::u32string> named_keys(const WordScan& scan, std::u32string_view text) {
  constexpr std::u32string_view kNames[] = {U"key",       U"keyword", U"passphrase",
                                            U"schlüssel", U"clave",   U"clé"};
  std::vector<std::u32string> keys;
  for (size_t i = 0; i + 1 < scan.words.size() && keys.size() < kMostKeys; ++i) {
    const bool names = std::any_of(std::begin(kNames), std::end(kNames), [&](std::u32string_view name) {
      return scan.words[i].size == name.size() && scan.words[i].hash == hash_word(name.data(), name.size());
    });
    if (!names) continue;
    for (size_t k = i + 1; k < std::min(i + 3, scan.words.size()) && keys.size() < kMostKeys; ++k) {
      const Word& word = scan.words[k];
      const std::u32string_view key = text.substr(word.begin, word.size);
      const bool latin =
          std::all_of(key.begin(), key.end(), [](char32_t c) { return (c | 0x20) - U'a' < 26u; });
      if (latin && word.size >= 2) keys.emplace_back(key);
    }
  }
  return keys;
}

void find_moved(Detection& detection, const WordScan& scan, std::u32string_view text,
                const std::vector<Stretch>& noisy) {
  size_t tries = 0;
  const std::vector<std::u32string> keys = named_keys(scan, text);
  for (const Stretch& stretch : noisy) {
    Reading best;
    std::u32string best_text;
    Span best_span{};
    const char* kind = nullptr;
    const auto consider = [&](std::u32string&& plain, Span span, const char* name) {
      const Reading reading = read_text(plain);
      if (!reads(reading, 70) || reading.known_letters <= best.known_letters) return;
      best = reading;
      best_text = std::move(plain);
      best_span = span;
      kind = name;
    };
    for (const Span span : likely_spans(scan, text, stretch)) {
      if (tries++ >= kMostTries) break;
      const std::u32string_view part = text.substr(span.begin, span.size());
      consider(undo_rail_fence(part), span, "rail_fence");
      for (const std::u32string& key : keys) consider(undo_vigenere(part, key), span, "vigenere");
    }
    if (kind != nullptr) add(detection, best_span, std::move(best_text), kind, best);
  }
}

bool ends_in_ay(std::u32string_view text, const Word& word) {
  const uint32_t end = word.end();
  return word.size >= 3 && (text[end - 1] | 0x20) == U'y' && (text[end - 2] | 0x20) == U'a';
}

// A letter twice, at both the beginning and the end or three times: what doubling leaves and spelling hardly.
bool is_drawn_out(std::u32string_view text, const Word& word) {
  if (word.known() || word.size < 4) return false;
  uint32_t doubled = 0;
  for (uint32_t i = word.begin; i + 1 < word.end(); ++i) {
    if ((text[i] | 0x20) != (text[i + 1] | 0x20)) continue;
    ++doubled;
    if (i + 2 < word.end() && (text[i] | 0x20) == (text[i + 2] | 0x20)) return true;
  }
  return 3 * doubled >= word.size;
}

// Stretches in which most words are of one sort; `undo` is tried on each.
template <typename Is, typename Undo>
void find_stretch_of(Detection& detection, const WordScan& scan, std::u32string_view text, const char* kind,
                     Is is, Undo undo) {
  const auto stretches = find_stretches(scan.words.size(), 4, 5, [&](size_t i, bool open) {
    return is(scan.words[i]) ? 2 : open ? -1 : 0;
  });
  for (const Stretch& stretch : stretches) {
    const Span span{scan.words[stretch.first].begin, scan.words[stretch.last].end()};
    if (span.size() > kMostTurned) continue;
    std::u32string plain;
    if (!undo(text.substr(span.begin, span.size()), plain)) continue;
    const Reading before = read_text(text.substr(span.begin, span.size()));
    const Reading reading = read_text(plain);
    // Much more of it must be words than before.
    if (!reads(reading, 60) || 4 * before.known_letters > 3 * reading.known_letters) continue;
    add(detection, span, std::move(plain), kind, reading);
  }
}

}  // namespace

void find_moved_letters(Detection& detection, const WordScan& scan, std::u32string_view text,
                        const std::vector<Stretch>& noisy) {
  if (!noisy.empty()) find_moved(detection, scan, text, noisy);
  if (scan.unknown < 3) return;
  const LanguageTables& tables = *scan.tables;
  find_stretch_of(
      detection, scan, text, "pig_latin", [&](const Word& word) { return ends_in_ay(text, word); },
      [&](std::u32string_view part, std::u32string& plain) {
        plain = undo_pig_latin(tables, part);
        return true;
      });
  find_stretch_of(
      detection, scan, text, "repeated_letters", [&](const Word& word) { return is_drawn_out(text, word); },
      [&](std::u32string_view part, std::u32string& plain) {
        size_t repaired = 0;
        plain = undo_repeated_letters(tables, part, repaired);
        return repaired >= 2;
      });
}

}  // namespace tinyguard::encryption
