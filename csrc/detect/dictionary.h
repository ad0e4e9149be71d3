// The dictionary: membership, repair of scrambled words by signature and of words without their vowels by
// skeleton, and segmentation of run-together words.
//
// A signature is the first letter, the last letter and the bag of the letters between: the words that a
// reader of "typoglycemia" takes for one another (Rawlinson 1976). A skeleton is a word without its inner
// vowels (a, e, i, o, u): what is left of it when the vowels are dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "detect/language_tables.h"

namespace tinyguard {

constexpr uint32_t kHashSeed = 0x811C9DC5;
constexpr uint32_t hash_step(uint32_t hash, char32_t lower) { return (hash ^ lower) * 0x01000193u; }

inline uint32_t hash_word(const char32_t* lower, size_t size) {
  uint32_t hash = kHashSeed;
  for (size_t i = 0; i < size; ++i) hash = hash_step(hash, lower[i]);
  return hash;
}

// A signature's hash in two parts, so that a search that changes one letter need not begin anew: the bag is a
// sum, `bag - bag_letter(old) + bag_letter(new)` is the bag with one inner letter replaced.
uint32_t bag_letter(char32_t letter);
uint32_t bag_of(const char32_t* lower, size_t size);  // of the inner letters, and the size
uint32_t hash_bag(uint32_t bag, char32_t first, char32_t last);
inline uint32_t hash_signature(const char32_t* lower, size_t size) {
  return hash_bag(bag_of(lower, size), lower[0], lower[size - 1]);
}

constexpr bool is_vowel(char32_t lower) {
  return lower == 'a' || lower == 'e' || lower == 'i' || lower == 'o' || lower == 'u';
}
// Hash of the skeleton; `vowels` counts the inner vowels that it leaves out.
uint32_t hash_skeleton(const char32_t* lower, size_t size, size_t& vowels);

// A word as its slot holds it (DictionarySlot), 0 if it is not in the dictionary.
inline uint32_t dictionary_word(const LanguageTables& tables, uint32_t hash) {
  for (uint32_t i = hash & tables.slot_mask;; i = (i + 1) & tables.slot_mask) {
    const auto& slot = tables.by_word[i];
    if (slot.word == 0 || slot.hash == hash) return slot.word;
  }
}
// Cost of a word in tenths of a nat (1..255), 0 if it is not in the dictionary.
inline uint8_t dictionary_cost(const LanguageTables& tables, uint32_t hash) {
  return static_cast<uint8_t>(dictionary_word(tables, hash));
}

// Decodes a stored word (length byte, UTF-8) to at most `capacity` letters; returns their number.
size_t decode_word(const uint8_t* stored, char32_t* letters, size_t capacity);

// The commonest dictionary word with the signature of `lower`, in `repaired` (as many letters); false if
// there is none that costs at most `max_cost`, or if `lower` itself is a word.
bool repair_word(const LanguageTables& tables, const char32_t* lower, size_t size, uint8_t max_cost,
                 char32_t* repaired);

// A dictionary word that an unknown one may stand for.
struct WordOption {
  uint32_t word = 0;  // as in DictionarySlot; 0 is the unknown word itself
  uint32_t hash = 0;  // hash_word, for the odds of pairs
  int32_t cost = 0;   // tenths of a nat: the word's own and what the change to it costs
};

// The cheapest few options for one word, in no order.
struct WordOptions {
  static constexpr size_t kMost = 8;
  WordOption list[kMost];
  size_t count = 0;

  void add(const WordOption& option);
  // Cost of the cheapest option that is another word, at most `otherwise`.
  int32_t cheapest_change(int32_t otherwise) const;
};

// Adds the dictionary words with the letters `lower` in any order but for the first and the last, unless the
// sum of their cost and `penalty` exceeds `max_cost`; `hash` is the signature's.
void add_signature(const LanguageTables& tables, const char32_t* lower, size_t size, uint32_t hash,
                   int32_t penalty, int32_t max_cost, WordOptions& options);
// Adds the dictionary words that become `lower` when inner vowels are left out of them.
void add_skeleton(const LanguageTables& tables, const char32_t* lower, size_t size, WordOptions& options);

struct Segmentation {
  std::vector<uint32_t> ends;  // end of each word
  uint32_t known_letters = 0;
  uint32_t cost = 0;  // tenths of a nat; letters outside words cost kLooseLetter each
};
constexpr uint32_t kLooseLetter = 130;

// The cheapest way to read `lower` as dictionary words (Viterbi, linear: words have at most 20 letters).
// `gaps`, if there are any, has size + 1 entries: how many gaps the text has before that letter, its own
// place included. A word across a gap, and one that ends where there is none, costs kGapMoved for each.
constexpr uint32_t kGapMoved = 12;
Segmentation segment_words(const LanguageTables& tables, const char32_t* lower, size_t size,
                           const uint32_t* gaps = nullptr);

}  // namespace tinyguard
