// Every decoder of the views on the same text: nothing expands by more than kMostGrowth, all of it is text.
#include "input.h"
#include "views/codec_table.h"

using namespace tinyguard;

namespace {

constexpr const char* kKinds[] = {"base16",        "base32",  "base64",   "base85",   "url",
                                  "html_entities", "escapes", "morse",    "binary",   "quoted_printable",
                                  "octal",         "decimal", "braille",  "uuencode", "a1z26",
                                  "nato",          "base58",  "polybius", "tap_code"};
// "z" of base85 is four zero bytes.
constexpr size_t kMostGrowth = 4;

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::u32string text = fuzz::text_of(fuzz::bytes_of(data, size));
  for (const char* kind : kKinds) {
    const Decoder decode = find_decoder(kind);
    FUZZ_CHECK(decode != nullptr);
    std::u32string out;
    decode(text, out);
    FUZZ_CHECK(out.size() <= kMostGrowth * text.size());
    for (const char32_t c : out) FUZZ_CHECK(c <= 0x10FFFF);
  }
  return 0;
}
