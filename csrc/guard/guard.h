// A loaded guard: from bytes to 16 bits, as Guard.classify(...).bits in Python.
#pragma once

#include <array>

#include "guard/network.h"
#include "guard/windows.h"
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
  // The passage of a text around the run of tokens that begins at token `first` of a segment of it, and ends
  // at `last` at most, as tokens: the run alone where the passage would not fit in a window.
  std::vector<int64_t> closer(std::u32string_view text, Range segment, size_t first, size_t last) const;
  std::vector<int64_t> framed(const std::vector<int64_t>& tokens, Range range) const;

  ModelFolder folder_;
  Policy policy_;
  std::array<Bands, kRoleCount> bands_{};
  Tokenizer tokenizer_;
  size_t window_ = 0;  // tokens of a window without the special ones
  Network network_;
};

}  // namespace tinyguard::guard
