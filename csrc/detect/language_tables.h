// The tables behind the letter detectors: letters of Unicode, letter n-grams, word pairs and a dictionary.
// training/tables/build_language.py writes them; see there for the file's layout.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tinyguard {

enum class LoadError { none, too_short, bad_magic, bad_version, bad_size, bad_checksum, bad_section };

const char* load_error_text(LoadError error);

// All costs are -log P in sixteenths of a nat.
struct LanguageTables {
  static constexpr uint32_t kQuadBits = 20;  // four symbols of five bits: 0 boundary, 1..26 a..z
  static constexpr uint32_t kOtherSlots = 1u << 17;
  static constexpr uint32_t kPairSlots = 1u << 17;
  static constexpr uint32_t kLowEnd = 0x600;      // code points with lower case and base letter in `low`
  static constexpr uint32_t kHighBegin = 0x1E00;  // … and in `high`
  static constexpr uint32_t kHighEnd = 0x2000;

  struct Fold {
    uint16_t lower;
    uint8_t base;    // 1..26 for a letter of the Latin script
    uint8_t letter;  // a letter or combining mark
  };
  struct DictionarySlot {
    uint32_t hash = 0;
    uint32_t word = 0;  // offset into `words` << 8 | cost in tenths of a nat; 0 is an empty slot
  };

  uint32_t checksum = 0;
  Fold low[kLowEnd];
  Fold high[kHighEnd - kHighBegin];
  std::vector<uint8_t> letter_bits;
  std::vector<uint8_t> quad;
  std::vector<uint8_t> other_check;
  std::vector<uint8_t> other_cost;
  std::vector<uint16_t> pair_check;
  std::vector<int8_t> pair_odds;
  std::vector<uint8_t> words;  // length byte, then UTF-8
  std::vector<DictionarySlot> by_word;
  std::vector<DictionarySlot> by_signature;
  uint32_t slot_mask = 0;
  // The commonest few words of each skeleton (dictionary.h), built when the file is loaded.
  std::vector<DictionarySlot> by_skeleton;
  uint32_t skeleton_mask = 0;
};

// Validates and publishes the tables for the whole process. Tables once published stay alive, so that a
// detector that runs in another thread is never cut off; loading the same bytes again changes nothing.
LoadError load_language(std::string_view bytes);

// nullptr until a load succeeded; every detector then answers 0.
const LanguageTables* language_tables();

}  // namespace tinyguard
