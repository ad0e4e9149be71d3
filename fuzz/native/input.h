// What a target makes of the engine's bytes, and how it says that an invariant is broken.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "detect/language.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#define FUZZ_CHECK(holds)                                                                \
  do {                                                                                   \
    if (!(holds)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #holds); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

namespace tinyguard::fuzz {

// The text in UTF-8. The last 2,048 characters of plane 16 stand for the surrogates, which UTF-8 cannot carry
// but a Python str can; fuzz/text.py does the same.
inline std::u32string text_of(std::string_view bytes) {
  std::u32string text = decode_utf8(bytes);
  for (char32_t& c : text) {
    if (c >= 0x10F800) c -= 0x10F800 - 0xD800;
  }
  return text;
}

inline std::string_view bytes_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A file of the source tree, whole; the target ends where it cannot be read.
inline std::string source_file(const char* name) {
  std::ifstream file(std::string(TINYGUARD_SOURCE) + "/" + name, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  FUZZ_CHECK(!content.empty());
  return content;
}

// The shipped language tables, loaded at the first call.
inline void need_language() {
  static const LoadError loaded = load_language(source_file("tinyguard/data/language.bin"));
  FUZZ_CHECK(loaded == LoadError::none);
}

inline bool inside(Span span, size_t size) { return span.begin <= span.end && span.end <= size; }

// Reads small numbers off the end of the input, as many as are asked for; 0 where it is used up.
class Numbers {
 public:
  Numbers(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint32_t below(uint32_t limit) {
    uint32_t value = 0;
    for (int i = 0; i < 2 && size_ > 0; ++i) value = value << 8 | data_[--size_];
    return value % limit;
  }
  // What is left.
  std::string_view rest() const { return bytes_of(data_, size_); }

 private:
  const uint8_t* data_;
  size_t size_;
};

}  // namespace tinyguard::fuzz
