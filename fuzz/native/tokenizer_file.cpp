// Damaged tokenizer.json: refused with a message, or a tokenizer that keeps its promises.
#include "input.h"
#include "tokenizer/tokenizer.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Tokenizer tokenizer;
  if (!tokenizer.read(fuzz::bytes_of(data, size)).empty()) return 0;
  const std::u32string text =
      U"the weather</s> is fine,\u2581\u2581 \u00e9\U0001F600 aaaaaaaaaaaaaaaaaaaaaaaa";
  std::vector<int64_t> ids;
  std::vector<int32_t> offsets;
  tokenizer.encode(text, ids, &offsets);
  for (size_t i = 0; i < ids.size(); ++i) {
    FUZZ_CHECK(ids[i] >= 0 && offsets[2 * i] >= 0 && offsets[2 * i] < offsets[2 * i + 1]);
    FUZZ_CHECK(static_cast<size_t>(offsets[2 * i + 1]) <= text.size());
  }
  return 0;
}
