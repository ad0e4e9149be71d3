// Normalization: idempotent, its map monotone and covering, its spans inside the original, the same on every
// instruction set.
#include "text/normalize.h"

#include "input.h"
#include "kernels/dispatch.h"
#include "text/nfkc.h"

using namespace tinyguard;

namespace {

void check_map(const NormalizedText& result, size_t original) {
  FUZZ_CHECK(result.original_length == original);
  if (result.origin.empty()) {
    FUZZ_CHECK(result.text.size() == original);
    return;
  }
  FUZZ_CHECK(result.origin.size() == result.text.size() + 1);
  FUZZ_CHECK(result.origin.back() == original);
  if (!result.text.empty()) FUZZ_CHECK(result.origin.front() == 0);
  for (size_t i = 1; i < result.origin.size(); ++i) FUZZ_CHECK(result.origin[i - 1] <= result.origin[i]);
}

void check_spans(const std::vector<Span>& spans, size_t original) {
  for (size_t i = 0; i < spans.size(); ++i) {
    FUZZ_CHECK(spans[i].begin < spans[i].end && spans[i].end <= original);
    FUZZ_CHECK(i == 0 || spans[i - 1].end < spans[i].begin);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Numbers numbers(data, size);
  const uint32_t from = numbers.below(64), to = from + numbers.below(64);
  const std::u32string text = fuzz::text_of(numbers.rest());
  std::u32string first;
  for (const kernels::Implementation* isa : kernels::supported()) {
    kernels::select(isa->name);
    const NormalizedText result = normalize(text);
    if (first.empty()) first = result.text;
    FUZZ_CHECK(result.text == first);
    check_map(result, text.size());
    check_spans(result.invisible_spans, text.size());
    check_spans(result.homoglyph_spans, text.size());
    for (const SmuggledText& smuggled : result.smuggled) {
      FUZZ_CHECK(smuggled.origin.begin < smuggled.origin.end && smuggled.origin.end <= text.size());
    }
    if (to <= result.text.size()) FUZZ_CHECK(fuzz::inside(result.to_original({from, to}), text.size()));
    const NormalizedText again = normalize(result.text);
    FUZZ_CHECK(again.text == result.text && again.invisible.removed() == 0);
  }
  FUZZ_CHECK(nfkc(nfkc(text)) == nfkc(text));
  return 0;
}
