// Lower case, one character for one (Unicode's simple mapping), for a tokenizer that does not tell case
// apart.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyguard {
namespace unicode {

// Characters first, first + step, ..., last, each `delta` away from its lower case.
struct LowercaseRun {
  char32_t first, last;
  int32_t step, delta;
};

extern const LowercaseRun kLowercaseRuns[];  // ascending and apart; ASCII is not among them
extern const size_t kLowercaseRunCount;

char32_t lower_beyond_ascii(char32_t c);

}  // namespace unicode

inline char32_t to_lower(char32_t c) {
  if (c < 0x80) return c - U'A' < 26 ? c + 32 : c;
  return unicode::lower_beyond_ascii(c);
}

}  // namespace tinyguard
