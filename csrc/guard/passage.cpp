#include "guard/passage.h"

#include <algorithm>

namespace tinyguard::guard {
namespace {

// How far from the place the end of a sentence or a line is looked for, in characters; past that the place's
// own counts.
constexpr size_t kReach = 120;
constexpr std::u32string_view kStops = U".!?:;\u2026\u3002\uFF01\uFF1F\u0964\u061F";
// The one after which no space follows.
constexpr char32_t kIdeographicStop = U'\u3002';
constexpr std::u32string_view kParagraph = U"\n\n";

bool is_stop(char32_t c) { return kStops.find(c) != std::u32string_view::npos; }

size_t back(std::u32string_view text, size_t begin) {
  const size_t low = begin > kReach ? begin - kReach : 0;
  for (size_t at = begin;; --at) {
    if (at == 0 || text[at - 1] == U'\n' || text[at - 1] == kIdeographicStop) return at;
    if (at > 1 && text[at - 1] == U' ' && is_stop(text[at - 2])) return at;
    if (at == low) return begin;
  }
}

size_t ahead(std::u32string_view text, size_t end) {
  const size_t high = std::min(text.size(), end + kReach);
  for (size_t at = end; at <= high; ++at) {
    if (at == text.size() || text[at] == U'\n') return at;
    if (at == 0) continue;
    if (text[at - 1] == kIdeographicStop || (is_stop(text[at - 1]) && text[at] == U' ')) return at;
  }
  return end;
}

}  // namespace

Range passage(std::u32string_view text, Range place) {
  // Where paragraphs end inside of the place, the passage is the one that its middle stands in.
  const size_t middle = (place.begin + place.end) / 2;
  const size_t before = text.substr(place.begin, middle - place.begin).rfind(kParagraph);
  const size_t after = text.substr(middle, place.end - middle).find(kParagraph);
  constexpr size_t kNone = std::u32string_view::npos;
  return {before == kNone ? back(text, place.begin) : place.begin + before + kParagraph.size(),
          after == kNone ? ahead(text, place.end) : middle + after};
}

}  // namespace tinyguard::guard
