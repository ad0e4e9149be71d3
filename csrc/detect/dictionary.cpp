#include "detect/dictionary.h"

#include <algorithm>

namespace tinyguard {
namespace {

constexpr size_t kLongestWord = 20;

bool same_signature(const char32_t* a, const char32_t* b, size_t size) {
  if (a[0] != b[0] || a[size - 1] != b[size - 1]) return false;
  char32_t x[32], y[32];
  std::copy(a, a + size, x);
  std::copy(b, b + size, y);
  std::sort(x, x + size);
  std::sort(y, y + size);
  return std::equal(x, x + size, y);
}

}  // namespace

uint32_t bag_letter(char32_t letter) {
  uint32_t h = letter * 0x9E3779B1u;
  h ^= h >> 15;
  return h * 0x85EBCA77u;
}

uint32_t bag_of(const char32_t* lower, size_t size) {
  uint32_t bag = static_cast<uint32_t>(size);
  for (size_t i = 1; i + 1 < size; ++i) bag += bag_letter(lower[i]);
  return bag;
}

uint32_t hash_bag(uint32_t bag, char32_t first, char32_t last) {
  uint32_t h = (bag ^ first) * 0x9E3779B1u;
  h = (h ^ (h >> 15) ^ last) * 0xC2B2AE3Du;
  return h ^ (h >> 16);
}

uint32_t hash_skeleton(const char32_t* lower, size_t size, size_t& vowels) {
  uint32_t hash = kHashSeed;
  vowels = 0;
  for (size_t i = 0; i < size; ++i) {
    if (i > 0 && i + 1 < size && is_vowel(lower[i])) {
      ++vowels;
    } else {
      hash = hash_step(hash, lower[i]);
    }
  }
  return hash ^ (hash >> 15);  // the low bits choose the slot
}

size_t decode_word(const uint8_t* stored, char32_t* letters, size_t capacity) {
  const size_t size = stored[0];
  const uint8_t* p = stored + 1;
  size_t count = 0;
  for (size_t i = 0; i < size && count < capacity;) {
    const uint8_t lead = p[i];
    const size_t extra = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    char32_t c = extra == 0 ? lead : lead & (0x3F >> extra);
    for (size_t k = 1; k <= extra && i + k < size; ++k) c = c << 6 | (p[i + k] & 0x3F);
    letters[count++] = c;
    i += extra + 1;
  }
  return count;
}

bool repair_word(const LanguageTables& tables, const char32_t* lower, size_t size, uint8_t max_cost,
                 char32_t* repaired) {
  if (size < 4 || size > 24) return false;
  const uint32_t hash = hash_signature(lower, size);
  uint32_t best = static_cast<uint32_t>(max_cost) + 1;
  bool found = false;
  char32_t letters[32];
  for (uint32_t i = hash & tables.slot_mask; tables.by_signature[i].word != 0;
       i = (i + 1) & tables.slot_mask) {
    const auto& slot = tables.by_signature[i];
    const uint32_t cost = slot.word & 0xFF;
    if (slot.hash != hash || cost >= best) continue;
    if (decode_word(tables.words.data() + (slot.word >> 8), letters, 32) != size) continue;
    if (!same_signature(lower, letters, size)) continue;
    if (std::equal(letters, letters + size, lower)) return false;
    best = cost;
    found = true;
    std::copy(letters, letters + size, repaired);
  }
  return found;
}

void WordOptions::add(const WordOption& option) {
  size_t dearest = 0;
  for (size_t i = 0; i < count; ++i) {
    if (list[i].word == option.word) {
      list[i].cost = std::min(list[i].cost, option.cost);
      return;
    }
    if (list[i].cost > list[dearest].cost) dearest = i;
  }
  if (count < kMost) {
    list[count++] = option;
  } else if (option.cost < list[dearest].cost) {
    list[dearest] = option;
  }
}

int32_t WordOptions::cheapest_change(int32_t otherwise) const {
  for (size_t i = 0; i < count; ++i) {
    if (list[i].word != 0) otherwise = std::min(otherwise, list[i].cost);
  }
  return otherwise;
}

void add_signature(const LanguageTables& tables, const char32_t* lower, size_t size, uint32_t hash,
                   int32_t penalty, int32_t max_cost, WordOptions& options) {
  char32_t letters[32];
  for (uint32_t i = hash & tables.slot_mask; tables.by_signature[i].word != 0;
       i = (i + 1) & tables.slot_mask) {
    const auto& slot = tables.by_signature[i];
    const auto cost = static_cast<int32_t>(slot.word & 0xFF) + penalty;
    if (slot.hash != hash || cost > max_cost) continue;
    if (decode_word(tables.words.data() + (slot.word >> 8), letters, 32) != size) continue;
    if (same_signature(lower, letters, size)) options.add({slot.word, hash_word(letters, size), cost});
  }
}

void add_skeleton(const LanguageTables& tables, const char32_t* lower, size_t size, WordOptions& options) {
  size_t vowels = 0;
  const uint32_t hash = hash_skeleton(lower, size, vowels);
  char32_t letters[32];
  for (uint32_t i = hash & tables.skeleton_mask; tables.by_skeleton[i].word != 0;
       i = (i + 1) & tables.skeleton_mask) {
    const auto& slot = tables.by_skeleton[i];
    if (slot.hash != hash) continue;
    const size_t count = decode_word(tables.words.data() + (slot.word >> 8), letters, 32);
    if (count <= size) continue;
    // What is left over must be inner vowels; the vowels that stayed must stand in their places.
    size_t matched = 0;
    bool fits = letters[count - 1] == lower[size - 1];
    for (size_t k = 0; k < count && fits; ++k) {
      if (matched < size && letters[k] == lower[matched] && (k + 1 == count || matched + 1 < size)) {
        ++matched;
      } else {
        fits = k > 0 && k + 1 < count && is_vowel(letters[k]);
      }
    }
    if (fits && matched == size)
      options.add({slot.word, hash_word(letters, count), static_cast<int32_t>(slot.word & 0xFF)});
  }
}

Segmentation segment_words(const LanguageTables& tables, const char32_t* lower, size_t size,
                           const uint32_t* gaps) {
  constexpr uint32_t unreached = ~0u;
  std::vector<uint32_t> cost(size + 1, unreached);
  std::vector<uint8_t> length(size + 1, 0);  // of the word that ends here; 0 is a loose letter
  cost[0] = 0;
  for (size_t i = 0; i < size; ++i) {
    if (cost[i] + kLooseLetter < cost[i + 1]) {
      cost[i + 1] = cost[i] + kLooseLetter;
      length[i + 1] = 0;
    }
    uint32_t hash = kHashSeed;
    const size_t longest = std::min(kLongestWord, size - i);
    for (size_t n = 1; n <= longest; ++n) {
      hash = hash_step(hash, lower[i + n - 1]);
      uint32_t word = dictionary_cost(tables, hash);
      if (word == 0) continue;
      if (gaps != nullptr) {
        const uint32_t end = gaps[i + n] - gaps[i + n - 1];
        word += kGapMoved * (gaps[i + n - 1] - gaps[i] + (end == 0));
      }
      if (cost[i] + word < cost[i + n]) {
        cost[i + n] = cost[i] + word;
        length[i + n] = static_cast<uint8_t>(n);
      }
    }
  }
  Segmentation result;
  result.cost = cost[size];
  bool loose = false;  // neighbouring loose letters make one unknown word
  for (size_t end = size; end > 0;) {
    if (length[end] == 0) {
      if (!loose) result.ends.push_back(static_cast<uint32_t>(end));
      loose = true;
      --end;
    } else {
      loose = false;
      result.ends.push_back(static_cast<uint32_t>(end));
      result.known_letters += length[end];
      end -= length[end];
    }
  }
  std::reverse(result.ends.begin(), result.ends.end());
  return result;
}

}  // namespace tinyguard
