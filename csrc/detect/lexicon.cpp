#include "detect/lexicon.h"

#include <array>
#include <bitset>

#include "detect/lexicon_words.h"
#include "text/lowercase.h"

namespace tinyguard {
namespace {

constexpr uint32_t kHashSeed = 2166136261u;  // FNV-1a, on code points instead of bytes
constexpr uint32_t step(uint32_t hash, char32_t c) { return (hash ^ static_cast<uint32_t>(c)) * 16777619u; }

struct Entry {
  std::u32string_view word;
  uint32_t hash = 0;
  uint32_t classes = 0;
  bool stem = false;
};

class Lexicon {
 public:
  Lexicon() {
    for (const LexiconRow& row : kLexiconRows) {
      std::u32string_view words = row.words;
      while (!words.empty()) {
        const size_t length = std::min(words.find(U' '), words.size());
        if (length > 0) add(words.substr(0, length), row.classes);
        words.remove_prefix(std::min(length + 1, words.size()));
      }
    }
  }

  const Entry* find(uint32_t hash, std::u32string_view text) const {
    if (!bloom_[hash >> (32 - kBloomBits)]) return nullptr;
    for (size_t slot = hash & kSlotMask;; slot = (slot + 1) & kSlotMask) {
      const Entry& entry = slots_[slot];
      if (entry.word.empty()) return nullptr;
      if (entry.hash == hash && entry.word.size() == text.size()) return &entry;
    }
  }

  bool begins_phrase(char32_t c) const { return first_[c & kFirstMask]; }

 private:
  static constexpr size_t kSlots = 4096, kSlotMask = kSlots - 1, kFirstMask = 8191;
  static constexpr int kBloomBits = 15;

  void add(std::u32string_view word, uint32_t classes) {
    const bool stem = word.back() == U'*';
    if (stem) word.remove_suffix(1);
    uint32_t hash = kHashSeed;
    for (char32_t c : word) hash = step(hash, c);
    size_t slot = hash & kSlotMask;
    while (!slots_[slot].word.empty() && slots_[slot].word != word) slot = (slot + 1) & kSlotMask;
    Entry& entry = slots_[slot];
    entry.word = word;
    entry.hash = hash;
    entry.classes |= classes;
    entry.stem = entry.stem || stem || is_unspaced(word.front());
    bloom_[hash >> (32 - kBloomBits)] = true;
    first_[word.front() & kFirstMask] = true;
  }

  std::array<Entry, kSlots> slots_;
  std::bitset<1u << kBloomBits> bloom_;
  std::bitset<kFirstMask + 1> first_;
};

const Lexicon& lexicon() {
  static const Lexicon instance;
  return instance;
}

WordMatch match_unspaced(const Lexicon& lexicon, std::u32string_view text, size_t begin) {
  constexpr size_t kLongest = 16;
  WordMatch match{0, static_cast<uint32_t>(begin + 1)};
  if (!lexicon.begins_phrase(text[begin])) return match;
  uint32_t hash = kHashSeed;
  const size_t stop = std::min(text.size(), begin + kLongest);
  for (size_t i = begin; i < stop && is_unspaced(text[i]); ++i) {
    hash = step(hash, text[i]);
    if (const Entry* entry = lexicon.find(hash, text.substr(begin, i + 1 - begin))) {
      match = {entry->classes, static_cast<uint32_t>(i + 1)};
    }
  }
  return match;
}

// What each class adds to the likeness. "ignore" alone is an everyday word; "ignore … instructions" is not.
struct ClassWeight {
  uint32_t all_of;
  float weight;
};
constexpr ClassWeight kWeights[] = {
    {kOverride, 0.20f},      {kOverride | kObject, 0.30f},
    {kMachine, 0.20f},       {kMachine | kSpeak, 0.10f},
    {kSpeak, 0.15f},         {kAct, 0.10f},
    {kObject, 0.15f},        {kSecrecy, 0.25f},
    {kYou, 0.10f},           {kReading | kYou, 0.10f},
    {kReading | kIf, 0.10f},
};
constexpr float kImperative = 0.10f;  // the text begins with a verb, "please" and the like skipped

}  // namespace

bool is_word_char(char32_t c) {
  if (c < 0x80)
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') || c == U'\'';
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7) return false;
  if (c >= 0x2000 && c < 0x2C00)
    return c == 0x200C || c == 0x200D;  // punctuation, arrows, symbols; the joiners are inside words
  if (c >= 0x3000 && c < 0x3041) return c == 0x3005;
  if (c == 0x30FB || c == 0x060C || c == 0x061B || c == 0x061F || c == 0x06D4 || c == 0x0964 || c == 0x0965)
    return false;
  if (c >= 0xD800 && c < 0xF900) return false;
  if (c >= 0xFF00 && c < 0xFF10) return false;
  return c != 0xFFFD && !(c >= 0x1F000 && c < 0x20000);
}

bool is_unspaced(char32_t c) {
  if (c < 0x0E00) return false;
  return c < 0x1100 ? (c < 0x0F00 || c >= 0x1000) && !(c >= 0x10A0)
                    : c < 0x1200 || (c >= 0x1780 && c < 0x1800) || (c >= 0x3041 && c < 0xA000) ||
                          (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                          (c >= 0x20000 && c < 0x32000);
}

WordMatch match_word(std::u32string_view text, size_t begin) {
  const Lexicon& words = lexicon();
  if (is_unspaced(text[begin])) return match_unspaced(words, text, begin);
  constexpr size_t kLongest = 24;
  WordMatch match{0, static_cast<uint32_t>(begin)};
  uint32_t hash = kHashSeed;
  size_t i = begin;
  const size_t stop = std::min(text.size(), begin + kLongest);
  for (; i < stop; ++i) {
    const char32_t c = text[i];
    if (!is_word_char(c) || is_unspaced(c)) break;
    hash = step(hash, to_lower(c));
    const Entry* entry = words.find(hash, text.substr(begin, i + 1 - begin));
    if (entry == nullptr) continue;
    const bool whole = i + 1 == text.size() || !is_word_char(text[i + 1]) || is_unspaced(text[i + 1]);
    if (entry->stem || whole) match.classes |= entry->classes;
  }
  while (i < text.size() && is_word_char(text[i]) && !is_unspaced(text[i])) ++i;
  match.end = static_cast<uint32_t>(i);
  return match;
}

Wording read_wording(std::u32string_view text, size_t limit) {
  text = text.substr(0, limit);
  Wording wording;
  uint32_t unspaced = 0;
  bool at_start = true, imperative = false;
  for (size_t i = 0; i < text.size();) {
    if (!is_word_char(text[i])) {
      if (text[i] == U':' || text[i] == U'.' || text[i] == U'!') at_start = true;
      ++i;
      continue;
    }
    const WordMatch match = match_word(text, i);
    if (is_unspaced(text[i])) {
      unspaced += match.end - static_cast<uint32_t>(i);
    } else {
      ++wording.words;
    }
    if (at_start && (match.classes & kPolite) == 0) {
      imperative = imperative || (match.classes & (kOverride | kSpeak | kAct)) != 0;
      at_start = false;
    }
    wording.classes |= match.classes;
    i = match.end;
  }
  wording.words += unspaced / 2;
  float likeness = imperative ? kImperative : 0.0f;
  for (const ClassWeight& entry : kWeights) {
    if ((wording.classes & entry.all_of) == entry.all_of) likeness += entry.weight;
  }
  wording.likeness = std::min(likeness, 1.0f);
  return wording;
}

}  // namespace tinyguard
