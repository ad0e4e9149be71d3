#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "text/lowercase.h"

namespace tinyguard {
namespace {

constexpr char32_t kWordMark = 0x2581;
constexpr char32_t kUnspecial = 0x2039;

// Unicode's White_Space.
bool is_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

}  // namespace

std::u32string_view Tokenizer::clean(std::u32string_view text, std::u32string& changed) const {
  if (lowercase_) {  // first, for "</S>" is a special token's spelling only then
    changed = text;
    for (char32_t& c : changed) c = to_lower(c);
    text = changed;
  }
  const auto special_at = [&](size_t at) -> size_t {
    for (const std::u32string& token : special_) {
      if (text[at] == token[0] && text.substr(at, token.size()) == token) return token.size();
    }
    return 0;
  };
  for (size_t at = 0; at < text.size();) {
    const size_t length = special_at(at);
    if (length != 0 || is_surrogate(text[at])) {
      if (changed.empty()) changed = text;
      changed[at] = length != 0 ? kUnspecial : 0xFFFD;
    }
    at += std::max<size_t>(length, 1);
  }
  return changed.empty() ? text : changed;
}

void Tokenizer::encode(std::u32string_view original, std::vector<int64_t>& ids,
                       std::vector<int32_t>* offsets) const {
  std::u32string changed;
  const std::u32string_view text = clean(original, changed);
  std::u32string word;
  std::vector<PieceSpan> pieces;
  size_t at = 0;
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    // A mark begins a word even where it stands in one; a word without a mark is given one, which lies on the
    // word's first character.
    const size_t begin = at++;
    while (at < text.size() && !is_space(text[at]) && text[at] != kWordMark) ++at;
    const bool marked = text[begin] == kWordMark;
    word.clear();
    if (!marked) word += kWordMark;
    word += text.substr(begin, at - begin);
    pieces.clear();
    unigram_.cut(word, pieces);
    for (const PieceSpan& piece : pieces) {
      ids.push_back(piece.piece);
      if (offsets == nullptr) continue;
      const uint32_t shift = marked ? 0 : 1;
      offsets->push_back(static_cast<int32_t>(begin + std::max(piece.begin, shift) - shift));
      offsets->push_back(static_cast<int32_t>(begin + std::max(piece.end - shift, 1u)));
    }
  }
}

int64_t Tokenizer::id(std::u32string_view token) const {
  const uint32_t piece = unigram_.find(token);
  return piece == Trie::kNone ? -1 : static_cast<int64_t>(piece);
}

}  // namespace tinyguard
