#include "views/codec_radix.h"

#include <array>

#include "views/codec_bytes.h"

namespace tinyguard {
namespace {

constexpr int8_t kInvalid = -1, kSkip = -2, kPad = -3;
using Digits = std::array<int8_t, 128>;

constexpr Digits digits_of(const char* alphabet, bool fold_case) {
  Digits digits{};
  for (auto& digit : digits) digit = kInvalid;
  for (int8_t i = 0; alphabet[i] != 0; ++i) {
    const char c = alphabet[i];
    digits[static_cast<size_t>(c)] = i;
    if (fold_case && c >= 'A' && c <= 'Z') digits[static_cast<size_t>(c + 32)] = i;
  }
  for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'}) digits[static_cast<size_t>(c)] = kSkip;
  digits['='] = kPad;
  return digits;
}

constexpr Digits base64_digits() {
  Digits digits = digits_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", false);
  digits['-'] = 62;
  digits['_'] = 63;
  return digits;
}

constexpr Digits kBase32 = digits_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", true);
constexpr Digits kBase64 = base64_digits();

bool bits_to_bytes(std::u32string_view encoded, const Digits& digits, unsigned width, std::string& bytes) {
  bytes.clear();
  bytes.reserve(encoded.size() * width / 8 + 1);
  uint32_t buffer = 0;
  unsigned bits = 0;
  for (const char32_t c : encoded) {
    const int8_t digit = c < 128 ? digits[c] : kInvalid;
    if (digit == kSkip) continue;
    if (digit == kPad) {  // ends one encoded string; another may follow
      buffer = bits = 0;
      continue;
    }
    if (digit == kInvalid) return false;
    buffer = buffer << width | static_cast<uint32_t>(digit);
    bits += width;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(buffer >> bits));
    }
  }
  return !bytes.empty();
}

template <bool (*ToBytes)(std::u32string_view, std::string&)>
bool to_text(std::u32string_view encoded, std::u32string& out) {
  std::string bytes;
  return ToBytes(encoded, bytes) && bytes_to_text(bytes, out);
}

bool is_byte_separator(char32_t c) {
  constexpr std::u32string_view kSeparators = U",:;-+\"'";
  return is_ascii_space(c) || kSeparators.find(c) != std::u32string_view::npos;
}

}  // namespace

bool base16_bytes(std::u32string_view encoded, std::string& bytes) {
  bytes.clear();
  bytes.reserve(encoded.size() / 2 + 1);
  int high = -1;
  for (size_t i = 0; i < encoded.size(); ++i) {
    const char32_t c = encoded[i];
    const char32_t next = i + 1 < encoded.size() ? encoded[i + 1] | 0x20 : 0;
    if (high < 0 && (c == U'0' || c == U'\\') && next == U'x') {
      ++i;
      continue;
    }
    const int digit = hex_value(c);
    if (digit < 0) {
      if (!is_byte_separator(c)) return false;
      if (high >= 0) return false;  // half a byte
    } else if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  return high < 0 && !bytes.empty();
}

bool base32_bytes(std::u32string_view encoded, std::string& bytes) {
  return bits_to_bytes(encoded, kBase32, 5, bytes);
}

bool base64_bytes(std::u32string_view encoded, std::string& bytes) {
  return bits_to_bytes(encoded, kBase64, 6, bytes);
}

bool decode_base16(std::u32string_view encoded, std::u32string& out) {
  return to_text<base16_bytes>(encoded, out);
}
bool decode_base32(std::u32string_view encoded, std::u32string& out) {
  return to_text<base32_bytes>(encoded, out);
}
bool decode_base64(std::u32string_view encoded, std::u32string& out) {
  return to_text<base64_bytes>(encoded, out);
}

}  // namespace tinyguard
