// What a detector is given and what it answers.
#pragma once

#include <algorithm>
#include <vector>

#include "text/normalize.h"
#include "text/types.h"

namespace tinyguard {

// A text as the detectors see it: the characters as they came and the normalized ones.
struct TextView {
  std::u32string_view original;
  const NormalizedText& normalized;
};

// Where a detector saw something, in code points of the *normalized* text. `kind` is a static string.
struct Evidence {
  Span span;
  const char* kind;
};

// Plaintext that a detector read out of a span of the *normalized* text. The views pipeline puts it in the
// place of the span and hands the result to the model.
struct Recovery {
  std::u32string text;
  Span span;
  const char* kind;    // the technique undone: "base64", "flip_sentence", "leet", …; a static string
  float plausibility;  // in [0, 1]: how much the result reads like language (or like code)
};

struct Detection {
  float score = 0.0f;  // in [0, 1]
  std::vector<Evidence> evidence;
  std::vector<Recovery> recoveries;
};

// Whether something that was recovered already covers half of a span: a weaker reading of it says no more.
inline bool mostly_recovered(const Detection& detection, Span span) {
  uint32_t covered = 0;
  for (const Recovery& recovery : detection.recoveries) {
    const uint32_t begin = std::max(recovery.span.begin, span.begin);
    const uint32_t end = std::min(recovery.span.end, span.end);
    covered += end > begin ? end - begin : 0;
  }
  return 2 * covered >= span.size();
}

// Every detector is a pure function of this type: no state, no exception, linear time.
using Detector = Detection (*)(const TextView& view);

}  // namespace tinyguard
