// The kernels on raw characters: every instruction set gives what the portable one gives, at any alignment,
// and reads nothing past the end.
#include <memory>

#include "input.h"
#include "kernels/dispatch.h"

using namespace tinyguard;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Numbers numbers(data, size);
  const size_t skip = numbers.below(65);
  const std::string_view rest = numbers.rest();
  if (rest.size() < skip) return 0;
  // Copies of exactly this size: a read past their end is seen.
  const size_t count = rest.size() - skip;
  const std::unique_ptr<uint8_t[]> bytes(new uint8_t[rest.size()]);
  std::memcpy(bytes.get(), rest.data(), rest.size());
  const std::unique_ptr<char32_t[]> wide(new char32_t[rest.size()]);
  // Half of the bytes stand for themselves, the others for characters beyond, the last of them beyond
  // Unicode.
  for (size_t i = 0; i < rest.size(); ++i) wide[i] = bytes[i] < 0x80 ? bytes[i] : bytes[i] * 0x2200u;
  const auto* eight = bytes.get() + skip;
  const auto* thirty_two = wide.get() + skip;

  const kernels::Implementation& portable = *kernels::supported().front();
  const std::unique_ptr<char32_t[]> want(new char32_t[count]), got(new char32_t[count]);
  portable.widen(eight, count, want.get());
  for (const kernels::Implementation* isa : kernels::supported()) {
    FUZZ_CHECK(isa->ascii_prefix(eight, count) == portable.ascii_prefix(eight, count));
    FUZZ_CHECK(isa->plain_prefix8(eight, count) == portable.plain_prefix8(eight, count));
    FUZZ_CHECK(isa->plain_prefix32(thirty_two, count) == portable.plain_prefix32(thirty_two, count));
    isa->widen(eight, count, got.get());
    for (size_t i = 0; i < count; ++i) FUZZ_CHECK(got[i] == want[i] && got[i] == eight[i]);
  }
  return 0;
}
