#include "guard/windows.h"

namespace tinyguard::guard {
namespace {

// How far back from the wanted place a white space is looked for.
constexpr size_t kSearch = 128;

// The start of a white space before a place and near it, or the place itself.
size_t cut(std::u32string_view text, size_t position) {
  for (size_t i = position - 1; i > position - kSearch; --i) {
    if (text[i] == U' ' || text[i] == U'\n') return i;
  }
  return position;
}

}  // namespace

std::vector<Range> segments(std::u32string_view text) {
  std::vector<Range> result;
  size_t begin = 0;
  while (text.size() - begin > kSegmentCharacters) {
    const size_t end = cut(text, begin + kSegmentCharacters);
    result.push_back({begin, end});
    begin = cut(text, end - kSegmentOverlap);
  }
  result.push_back({begin, text.size()});
  return result;
}

std::vector<Range> windows(size_t count, size_t size, size_t overlap) {
  std::vector<Range> result;
  size_t begin = 0;
  while (count - begin > size) {
    result.push_back({begin, begin + size});
    begin += size - overlap;
  }
  if (count != 0) result.push_back({begin, count});
  return result;
}

}  // namespace tinyguard::guard
