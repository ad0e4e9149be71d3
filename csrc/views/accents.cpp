#include "views/accents.h"

#include "text/unicode_tables.h"

namespace tinyguard {
namespace {

constexpr uint32_t kFewest = 10;  // consonants or letters, below which a share says little

// The combining diacritics that belong to no script, with those for symbols.
bool is_common_mark(char32_t c) {
  return (c >= 0x300 && c < 0x370) || (c >= 0x1AB0 && c < 0x1B00) || (c >= 0x1DC0 && c < 0x1E00) ||
         (c >= 0x20D0 && c < 0x2100) || (c >= 0xFE20 && c < 0xFE30);
}

// The Cyrillic letter under a mark that no alphabet writes there; й, ё, ї and ў are letters of their own.
char32_t cyrillic_under(char32_t c) {
  constexpr std::u32string_view kLetters = U"йёїўЙЁЇЎ";
  if (c - 0x400 >= 0x130 || kLetters.find(c) != std::u32string_view::npos) return c;
  const char32_t* parts = unicode::decomposition_of(c);
  return parts == nullptr ? c : parts[1];
}

bool is_ascii_letter(char32_t c) { return (c | 32) - U'a' < 26; }

bool is_vowel(char32_t c) {
  const char32_t low = c | 32;
  return low == 'a' || low == 'e' || low == 'i' || low == 'o' || low == 'u' || low == 'y';
}

// The ASCII letter that stands under the marks of a composed one, the letter itself, or 0.
char32_t letter_under(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c) ? c : 0;
  const char32_t* parts = unicode::decomposition_of(c);
  if (parts == nullptr || parts[0] < 2 || !is_ascii_letter(parts[1])) return 0;
  for (char32_t i = 2; i <= parts[0]; ++i) {
    if (!char_info(parts[i]).has(kMark)) return 0;
  }
  return parts[1];
}

}  // namespace

bool is_strangely_accented(std::u32string_view text) {
  uint32_t consonants = 0, accented = 0, uncomposed = 0;
  uint32_t others = 0, marked_others = 0;
  bool consonant = false, marked = false, other = false;  // the last letter
  for (const char32_t c : text) {
    if (c >= 0x80 && char_info(c).has(kMark)) {
      accented += consonant && !marked;
      uncomposed += consonant;
      marked = true;
      consonant = false;  // a pile counts once
      const bool common = is_common_mark(c);
      marked_others += other && common;
      other = other && !common;
      continue;
    }
    const char32_t letter = letter_under(c);
    consonant = letter != 0 && !is_vowel(letter);
    marked = letter != c;
    consonants += consonant;
    accented += consonant && marked;
    other = letter == 0 && c >= 0x80 && c - 0x2000 >= 0x70;  // no general punctuation
    others += other;
  }
  return (consonants >= kFewest && (5 * accented >= 2 * consonants || 10 * uncomposed >= consonants)) ||
         (others >= kFewest && 3 * marked_others >= others);
}

std::u32string strip_accents(std::u32string_view text) {
  std::u32string plain;
  plain.reserve(text.size());
  bool latin = false;
  for (const char32_t c : text) {
    if (is_common_mark(c) || (latin && c >= 0x80 && char_info(c).has(kMark))) continue;
    const char32_t letter = letter_under(c);
    latin = letter != 0;
    plain += latin ? letter : cyrillic_under(c);
  }
  return plain;
}

}  // namespace tinyguard
