#include "guard/passage.h"

#include <algorithm>

namespace tinyguard::guard {
namespace {

// How far from the place the end of a line, and else that of a sentence, is looked for, in characters.
constexpr size_t kLine = 250, kSentence = 120;
constexpr std::u32string_view kStops = U".!?:;\u2026\u3002\uFF01\uFF1F\u0964\u061F";
constexpr std::u32string_view kParagraph = U"\n\n";

bool is_stop(char32_t c) { return kStops.find(c) != std::u32string_view::npos; }

size_t back(std::u32string_view text, size_t begin) {
  const size_t low = begin > kLine ? begin - kLine : 0;
  for (size_t at = begin; at > low; --at) {
    if (text[at - 1] == U'\n') return at;
  }
  if (low == 0) return 0;
  for (size_t at = begin; at > begin - kSentence; --at) {
    if (is_stop(text[at - 1]) && (at == begin || text[at] == U' ')) return at;
  }
  return begin;
}

size_t ahead(std::u32string_view text, size_t end) {
  const size_t high = std::min(text.size(), end + kLine);
  for (size_t at = end; at < high; ++at) {
    if (text[at] == U'\n') return at;
  }
  if (high == text.size()) return high;
  for (size_t at = end; at < end + kSentence; ++at) {
    if (is_stop(text[at]) && text[at + 1] == U' ') return at + 1;
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
