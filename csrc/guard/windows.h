// Long texts in pieces, by the rules of tinyguard/windows.py: segments of characters, then windows of tokens.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tinyguard::guard {

constexpr size_t kSegmentCharacters = 8192;
constexpr size_t kSegmentOverlap = 512;

struct Range {
  size_t begin, end;
};

// Ranges of characters that cover the text, each at most kSegmentCharacters long, cut at white space if
// possible.
std::vector<Range> segments(std::u32string_view text);

// Ranges that cover [0, count), each at most `size` long and `overlap` < `size` into its neighbour.
std::vector<Range> windows(size_t count, size_t size, size_t overlap);

}  // namespace tinyguard::guard
