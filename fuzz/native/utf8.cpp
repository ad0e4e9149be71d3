// Decoding: the lenient and the strict decoder agree, and encoding leads back.
#include "input.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = fuzz::bytes_of(data, size);
  const std::u32string lenient = decode_utf8(bytes);
  FUZZ_CHECK(lenient.size() <= size);
  for (const char32_t c : lenient) FUZZ_CHECK(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
  FUZZ_CHECK(decode_utf8(encode_utf8(lenient)) == lenient);

  std::u32string strict;
  const Result result = decode_utf8_strict(bytes, strict);
  FUZZ_CHECK(result.position <= size && (result.error != ErrorCode::ok) == (result.position < size));
  FUZZ_CHECK(lenient.compare(0, strict.size(), strict) == 0);
  FUZZ_CHECK(encode_utf8(strict) == bytes.substr(0, result.position));
  return 0;
}
