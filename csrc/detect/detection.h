// What a detector is given and what it answers.
#pragma once

#include <utility>
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

// Of two recoveries that overlap only one can stand in a view: the one that covers more, then the more
// plausible.
inline bool outweighs(const Recovery& a, const Recovery& b) {
  return a.span.size() != b.span.size() ? a.span.size() > b.span.size() : a.plausibility > b.plausibility;
}

struct Detection {
  float score = 0.0f;  // in [0, 1]
  std::vector<Evidence> evidence;
  std::vector<Recovery> recoveries;  // no bound on them: decoys must not hide another
  bool cut = false;  // a bound on the work left something unread that might have been one more recovery

  // As many as there are, but of neighbours that overlap only the one that a view would show.
  void recover(Recovery recovery) {
    if (!recoveries.empty() && recovery.span.begin < recoveries.back().span.end &&
        recoveries.back().span.begin < recovery.span.end &&
        std::string_view(recoveries.back().kind) == recovery.kind) {
      if (outweighs(recovery, recoveries.back())) recoveries.back() = std::move(recovery);
      return;
    }
    recoveries.push_back(std::move(recovery));
  }
};

// Every detector is a pure function of this type: no state, no exception, linear time.
using Detector = Detection (*)(const TextView& view);

}  // namespace tinyguard
