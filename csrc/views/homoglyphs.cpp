#include "views/homoglyphs.h"

#include "text/draft.h"

namespace tinyguard {

FoldedWords fold_lookalike_words(std::u32string_view text) {
  FoldedWords result;
  result.text.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (!char_info(text[i]).has(kLetter)) {
      result.text.push_back(text[i++]);
      continue;
    }
    size_t end = i;
    bool looks = false, genuine = false;
    for (; end < text.size() && char_info(text[end]).has(kLetter); ++end) {
      const CharInfo& info = char_info(text[end]);
      if (info.group() == Group::latin) continue;
      (info.has(kLookalike) ? looks : genuine) = true;
    }
    result.genuine += genuine;
    if (looks && !genuine) result.folded.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(end)});
    for (; i < end; ++i) {
      const bool fold = looks && !genuine && char_info(text[i]).has(kLookalike);
      result.text.push_back(fold ? static_cast<char32_t>(lookalike_of(text[i])) : text[i]);
    }
  }
  return result;
}

}  // namespace tinyguard
