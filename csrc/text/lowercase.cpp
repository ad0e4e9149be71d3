#include "text/lowercase.h"

#include <algorithm>

namespace tinyguard::unicode {

char32_t lower_beyond_ascii(char32_t c) {
  if (c - 0x2E80 < 0xA640 - 0x2E80) return c;  // Han, kana, Yi: the most of what is written, without case
  const LowercaseRun* end = kLowercaseRuns + kLowercaseRunCount;
  const LowercaseRun* run =
      std::lower_bound(kLowercaseRuns, end, c,
                       [](const LowercaseRun& candidate, char32_t value) { return candidate.last < value; });
  if (run == end || c < run->first) return c;
  if ((c - run->first) % static_cast<char32_t>(run->step) != 0) return c;
  return static_cast<char32_t>(static_cast<int32_t>(c) + run->delta);
}

}  // namespace tinyguard::unicode
