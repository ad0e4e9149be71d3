// What the finders behind detect_encryption share.
#pragma once

#include "detect/encryption.h"
#include "detect/stretch.h"
#include "views/cipher.h"

namespace tinyguard::encryption {

constexpr int kLeastNoise = 10 * kNat;  // how much worse than fair a stretch must read
constexpr int kDrop = 12 * kNat;
constexpr uint32_t kLeastLetters = 12;
constexpr float kPlausible = 0.75f;
constexpr uint32_t kFluent = 30;  // letters that are proof enough in a language without a dictionary
constexpr float kFluentPlausible = 0.9f;

// Noise of a word in one alphabet: positive for words that do not read like language.
int noise(const WordScan& scan, std::u32string_view text, size_t i, const CipherAlphabet& alphabet);

void add(Detection& detection, Span span, std::u32string text, const char* kind, const Reading& reading);

// encryption_moved.cpp: letters that were moved, doubled or shifted by a key that the text names. `noisy`
// are the stretches of noise, in Latin letters and then in Cyrillic ones.
void find_moved_letters(Detection& detection, const WordScan& scan, std::u32string_view text,
                        const std::vector<Stretch>& noisy);

// encryption_fragments.cpp: numbered lines in mixed order.
void find_fragments(Detection& detection, std::u32string_view text);

}  // namespace tinyguard::encryption
