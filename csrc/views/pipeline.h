// One text through the core: normalize, detect, recover.
//
// A view is the text with what one technique hid put in its place. Every view is itself normalized and
// searched once more, so that base64 of ROT13 is read ("base64+rot13"); what a third layer hides is not read,
// but noticed. The work is bounded: at most kMaxViews recovered views, two layers, and recovered text of at
// most kLengthFactor times the input; when a bound cuts something off, `overflow` says so.
#pragma once

#include <array>
#include <string>

#include "detect/features.h"

namespace tinyguard {

constexpr size_t kMaxViews = 4;
constexpr size_t kMaxDepth = 2;
constexpr size_t kLengthFactor = 2;
constexpr size_t kLengthFloor = 256;  // a short input may be recovered at least to this length

struct View {
  std::u32string text;  // normalized
  std::string kind;     // "text", "base64", "base64+rot13", …
  Span span;            // in the original: the hull of what was recovered
  float plausibility = 1.0f;
  uint32_t depth = 0;
};

struct Analysis {
  NormalizedText normalized;
  std::vector<View>
      views;  // the normalized text first (depth 0), then the recovered ones, the weightiest first
  std::array<float, kDetectorCount> scores{};
  std::vector<Evidence> evidence;  // in the original
  std::array<float, kFeatureCount> features{};
  bool overflow = false;
};

Analysis analyze(std::u32string_view original);

}  // namespace tinyguard
