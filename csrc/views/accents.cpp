#include "views/accents.h"

#include "text/unicode_tables.h"

namespace tinyguard {
namespace {

constexpr uint32_t kFewest = 10;  // consonants, below which a share says little

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
  bool consonant = false, marked = false;  // the last letter
  for (const char32_t c : text) {
    if (c >= 0x80 && char_info(c).has(kMark)) {
      accented += consonant && !marked;
      uncomposed += consonant;
      marked = true;
      consonant = false;  // a pile counts once
      continue;
    }
    const char32_t letter = letter_under(c);
    consonant = letter != 0 && !is_vowel(letter);
    marked = letter != c;
    consonants += consonant;
    accented += consonant && marked;
  }
  return consonants >= kFewest && (5 * accented >= 2 * consonants || 10 * uncomposed >= consonants);
}

std::u32string strip_accents(std::u32string_view text) {
  std::u32string plain;
  plain.reserve(text.size());
  bool latin = false;
  for (const char32_t c : text) {
    if (latin && c >= 0x80 && char_info(c).has(kMark)) continue;
    const char32_t letter = letter_under(c);
    latin = letter != 0;
    plain += latin ? letter : c;
  }
  return plain;
}

}  // namespace tinyguard
