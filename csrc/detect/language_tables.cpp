#include "detect/language_tables.h"

#include <array>
#include <atomic>
#include <cstring>
#include <memory>

#include "detect/dictionary.h"

namespace tinyguard {
namespace {

constexpr uint32_t kVersion = 1;
constexpr size_t kHeader = 16;
constexpr uint32_t kQuadSymbols = 27;
constexpr uint32_t kQuadCells = kQuadSymbols * kQuadSymbols * kQuadSymbols * kQuadSymbols;
constexpr size_t kMaxWord = 255;
constexpr uint8_t kRarestSkeleton = 125;   // tenths of a nat: a rarer word is no likely plaintext
constexpr uint32_t kWordsPerSkeleton = 6;  // "tn" is tan, ten, ton, tin, tun …
constexpr size_t kLongestSkeleton = 24;

std::atomic<const LanguageTables*> published{nullptr};

uint32_t read32(const char* p) {
  const auto* b = reinterpret_cast<const uint8_t*>(p);
  return b[0] | b[1] << 8 | b[2] << 16 | static_cast<uint32_t>(b[3]) << 24;
}

uint32_t crc32(std::string_view bytes) {
  std::array<uint32_t, 256> table;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<uint8_t>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

std::string_view section(std::string_view bytes, const char* tag) {
  const uint32_t count = read32(bytes.data() + kHeader);
  if (count > 64 || bytes.size() < kHeader + 4 + 12 * static_cast<size_t>(count)) return {};
  for (uint32_t i = 0; i < count; ++i) {
    const char* entry = bytes.data() + kHeader + 4 + 12 * i;
    if (std::memcmp(entry, tag, 4) != 0) continue;
    const uint64_t begin = read32(entry + 4), size = read32(entry + 8);
    if (begin + size > bytes.size()) return {};
    return bytes.substr(begin, size);
  }
  return {};
}

void insert(std::vector<LanguageTables::DictionarySlot>& slots, uint32_t mask, uint32_t hash, uint32_t word) {
  uint32_t i = hash & mask;
  while (slots[i].word != 0) i = (i + 1) & mask;
  slots[i] = {hash, word};
}

// Keeps the kWordsPerSkeleton commonest words of a skeleton. A table three quarters full takes no more words,
// so that a probe always meets an empty slot.
void insert_skeleton(LanguageTables& tables, uint32_t& used, const char32_t* letters, size_t size,
                     uint32_t word) {
  if (size < 3 || size > kLongestSkeleton || (word & 0xFF) > kRarestSkeleton) return;
  size_t vowels = 0;
  const uint32_t hash = hash_skeleton(letters, size, vowels);
  if (vowels == 0) return;
  auto& slots = tables.by_skeleton;
  uint32_t same = 0, i = hash & tables.skeleton_mask, rarest = i;
  for (; slots[i].word != 0; i = (i + 1) & tables.skeleton_mask) {
    if (slots[i].hash != hash) continue;
    if (same == 0 || (slots[i].word & 0xFF) > (slots[rarest].word & 0xFF)) rarest = i;
    ++same;
  }
  if (same == kWordsPerSkeleton) {
    if ((word & 0xFF) < (slots[rarest].word & 0xFF)) slots[rarest].word = word;
  } else if (used < slots.size() / 4 * 3) {
    slots[i] = {hash, word};
    ++used;
  }
}

bool read_letters(LanguageTables& tables, std::string_view bits, std::string_view fold) {
  constexpr size_t low_count = LanguageTables::kLowEnd - 0x80;
  constexpr size_t high_count = LanguageTables::kHighEnd - LanguageTables::kHighBegin;
  if (bits.size() != 8192 || fold.size() != 3 * (low_count + high_count)) return false;
  tables.letter_bits.assign(bits.begin(), bits.end());
  const auto is_letter = [&](uint32_t c) {
    return static_cast<uint8_t>(tables.letter_bits[c >> 3] >> (c & 7) & 1);
  };
  for (uint32_t c = 0; c < 0x80; ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    const uint32_t lower = upper ? c + 32 : c;
    const bool latin = lower >= 'a' && lower <= 'z';
    tables.low[c] = {static_cast<uint16_t>(lower), static_cast<uint8_t>(latin ? lower - 'a' + 1 : 0),
                     is_letter(c)};
  }
  const auto* p = reinterpret_cast<const uint8_t*>(fold.data());
  const auto read = [&](LanguageTables::Fold& cell, uint32_t c) {
    cell = {static_cast<uint16_t>(p[0] | p[1] << 8), static_cast<uint8_t>(p[2] <= 26 ? p[2] : 0),
            is_letter(c)};
    p += 3;
  };
  for (uint32_t c = 0x80; c < LanguageTables::kLowEnd; ++c) read(tables.low[c], c);
  for (uint32_t c = 0; c < high_count; ++c) read(tables.high[c], LanguageTables::kHighBegin + c);
  return true;
}

bool read_quads(LanguageTables& tables, std::string_view packed) {
  if (packed.size() != (kQuadCells + 1) / 2) return false;
  tables.quad.assign(size_t{1} << LanguageTables::kQuadBits, 128);
  uint32_t cell = 0;
  for (uint32_t a = 0; a < kQuadSymbols; ++a) {
    for (uint32_t b = 0; b < kQuadSymbols; ++b) {
      for (uint32_t c = 0; c < kQuadSymbols; ++c) {
        for (uint32_t d = 0; d < kQuadSymbols; ++d, ++cell) {
          const uint8_t half_nats = (static_cast<uint8_t>(packed[cell / 2]) >> (4 * (cell & 1)) & 15) + 1;
          tables.quad[((a * 32 + b) * 32 + c) * 32 + d] = half_nats * 8;
        }
      }
    }
  }
  return true;
}

bool read_dictionary(LanguageTables& tables, std::string_view data) {
  if (data.size() < 4) return false;
  const uint32_t count = read32(data.data());
  if (count > (1u << 20) || data.size() < 4 + 3 * static_cast<size_t>(count)) return false;
  uint32_t slots = 16;
  while (slots < 2 * count) slots *= 2;
  tables.slot_mask = slots - 1;
  tables.by_word.assign(slots, {});
  tables.by_signature.assign(slots, {});
  // About half of the words have an inner vowel and are common enough.
  tables.by_skeleton.assign(slots / 2, {});
  tables.skeleton_mask = slots / 2 - 1;
  uint32_t skeletons = 0;
  tables.words.assign(1, 0);  // offset 0 is kept free
  tables.words.reserve(data.size() * 2);
  const auto* p = reinterpret_cast<const uint8_t*>(data.data()) + 4;
  const auto* end = reinterpret_cast<const uint8_t*>(data.data()) + data.size();
  std::array<uint8_t, kMaxWord> word{};
  size_t previous = 0;
  char32_t letters[kMaxWord];
  for (uint32_t i = 0; i < count; ++i) {
    if (end - p < 3) return false;
    const size_t shared = p[0], rest = p[1], size = shared + rest;
    const uint8_t cost = p[2];
    p += 3;
    if (shared > previous || size > kMaxWord || size == 0 || cost == 0 || static_cast<size_t>(end - p) < rest)
      return false;
    std::memcpy(word.data() + shared, p, rest);
    p += rest;
    previous = size;
    const size_t offset = tables.words.size();
    if (offset >= (1u << 24)) return false;
    tables.words.push_back(static_cast<uint8_t>(size));
    tables.words.insert(tables.words.end(), word.begin(), word.begin() + size);
    const size_t letter_count = decode_word(tables.words.data() + offset, letters, kMaxWord);
    const auto packed = static_cast<uint32_t>(offset << 8 | cost);
    insert(tables.by_word, tables.slot_mask, hash_word(letters, letter_count), packed);
    if (letter_count >= 4)
      insert(tables.by_signature, tables.slot_mask, hash_signature(letters, letter_count), packed);
    insert_skeleton(tables, skeletons, letters, letter_count, packed);
  }
  return true;
}

bool read_sections(LanguageTables& tables, std::string_view bytes) {
  if (!read_letters(tables, section(bytes, "LETR"), section(bytes, "FOLD"))) return false;
  if (!read_quads(tables, section(bytes, "QUAD"))) return false;
  const std::string_view other = section(bytes, "OTHR");
  if (other.size() != 2 * LanguageTables::kOtherSlots) return false;
  tables.other_check.assign(other.begin(), other.begin() + LanguageTables::kOtherSlots);
  tables.other_cost.assign(other.begin() + LanguageTables::kOtherSlots, other.end());
  const std::string_view pairs = section(bytes, "PAIR");
  if (pairs.size() != 3 * LanguageTables::kPairSlots) return false;
  for (uint32_t i = 0; i < LanguageTables::kPairSlots; ++i) {
    const auto low = static_cast<uint8_t>(pairs[2 * i]), high = static_cast<uint8_t>(pairs[2 * i + 1]);
    tables.pair_check.push_back(static_cast<uint16_t>(low | high << 8));
    tables.pair_odds.push_back(static_cast<int8_t>(pairs[2 * LanguageTables::kPairSlots + i]));
  }
  return read_dictionary(tables, section(bytes, "DICT"));
}

}  // namespace

const char* load_error_text(LoadError error) {
  static constexpr const char* texts[] = {"no error",
                                          "too short",
                                          "not a language table",
                                          "written by another version",
                                          "size differs from its header",
                                          "wrong checksum",
                                          "a section is damaged"};
  return texts[static_cast<int>(error)];
}

LoadError load_language(std::string_view bytes) {
  if (bytes.size() < kHeader + 4) return LoadError::too_short;
  if (std::memcmp(bytes.data(), "TGLM", 4) != 0) return LoadError::bad_magic;
  if (read32(bytes.data() + 4) != kVersion) return LoadError::bad_version;
  if (read32(bytes.data() + 8) != bytes.size()) return LoadError::bad_size;
  const uint32_t checksum = read32(bytes.data() + 12);
  if (crc32(bytes.substr(kHeader)) != checksum) return LoadError::bad_checksum;
  const LanguageTables* current = published.load(std::memory_order_acquire);
  if (current != nullptr && current->checksum == checksum) return LoadError::none;
  auto tables = std::make_unique<LanguageTables>();
  if (!read_sections(*tables, bytes)) return LoadError::bad_section;
  tables->checksum = checksum;
  published.store(tables.release(), std::memory_order_release);
  return LoadError::none;
}

const LanguageTables* language_tables() { return published.load(std::memory_order_acquire); }

}  // namespace tinyguard
