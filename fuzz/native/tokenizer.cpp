// The shipped tokenizer: offsets in order and inside the text, every character but white space covered, every
// token spelled as its place in the text says, in lower case.
#include "tokenizer/tokenizer.h"

#include "input.h"
#include "text/lowercase.h"

using namespace tinyguard;

namespace {

const Tokenizer& shipped() {
  static const Tokenizer tokenizer = [] {
    Tokenizer read;
    FUZZ_CHECK(read.read(fuzz::source_file("tinyguard/weights/tokenizer.json")).empty());
    return read;
  }();
  return tokenizer;
}

// Characters that the tokenizer reads as they are: no surrogate, and nothing that may begin a special token.
bool plain(std::u32string_view text) {
  for (const char32_t c : text) {
    if (c == U'<' || (c >= 0xD800 && c <= 0xDFFF)) return false;
  }
  return true;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Tokenizer& tokenizer = shipped();
  static const int64_t unknown = tokenizer.id(U"<unk>");
  const std::u32string text = fuzz::text_of(fuzz::bytes_of(data, size));
  std::vector<int64_t> ids, alone;
  std::vector<int32_t> offsets;
  tokenizer.encode(text, ids, &offsets);
  tokenizer.encode(text, alone, nullptr);
  FUZZ_CHECK(ids == alone && offsets.size() == 2 * ids.size());
  int32_t covered = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t begin = offsets[2 * i], end = offsets[2 * i + 1];
    FUZZ_CHECK(0 <= begin && begin < end && static_cast<size_t>(end) <= text.size());
    FUZZ_CHECK(i == 0 || (offsets[2 * i - 2] <= begin && offsets[2 * i - 1] <= end));
    for (; covered < begin; ++covered) {
      const char32_t c = text[static_cast<size_t>(covered)];
      FUZZ_CHECK(c <= 32 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x3000));
    }
    covered = std::max(covered, end);
    std::u32string spelled = text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
    if (ids[i] == unknown || !plain(spelled)) continue;
    for (char32_t& c : spelled) c = to_lower(c);
    FUZZ_CHECK(ids[i] == tokenizer.id(spelled) || ids[i] == tokenizer.id(U"\u2581" + spelled) ||
               ids[i] == tokenizer.id(U"\u2581"));
  }
  return 0;
}
