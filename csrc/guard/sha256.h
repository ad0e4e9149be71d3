// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tinyguard::guard {

class Sha256 {
 public:
  void add(const void* data, size_t size);
  // The digest in lower-case hexadecimal. Nothing may be added afterwards.
  std::string hex();

 private:
  void block(const uint8_t* p);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t size_ = 0;
};

std::string sha256(std::string_view bytes);

}  // namespace tinyguard::guard
