// A loaded guard: from bytes to 16 bits, as Guard.classify(...).bits in Python.
#pragma once

#include <array>

#include "guard/network.h"
#include "tokenizer/tokenizer.h"

namespace tinyguard::guard {

struct GuardPaths {
  std::string model, language, operators, runtime, policy_file;
  std::string policy;
};

class Guard {
 public:
  Error open(const GuardPaths& paths);

  // `bytes` are UTF-8. Any number of threads may ask.
  Error scan(std::string_view bytes, size_t role, uint16_t& bits) const;

 private:
  Error read_view(const View& view, const float* features, size_t index, Scan& scan) const;

  ModelFolder folder_;
  Policy policy_;
  std::array<Bands, kRoleCount> bands_{};
  Tokenizer tokenizer_;
  size_t window_ = 0;  // tokens of a window without the special ones
  Network network_;
};

}  // namespace tinyguard::guard
