#include "ops/kernel.h"

namespace tinyguard::ops {

void check_width(int64_t width) {
  if (width < 16 || width % 16 != 0) {
    throw Refusal{"the width is " + std::to_string(width) + ", not a positive multiple of 16"};
  }
}

Values values(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1, -1});
  const int64_t texts = x.dims[0], places = x.dims[1], width = x.dims[2];
  check_width(width);
  const Tensor lengths = call.input(1, "lengths", {texts});
  for (int64_t b = 0; b < texts; ++b) {
    const int64_t length = lengths.as<int64_t>()[b];
    if (length < 0 || length > places) {
      throw Refusal{"lengths[" + std::to_string(b) + "] is " + std::to_string(length) + ", and x has " +
                    std::to_string(places) + " tokens"};
    }
  }
  return {x.as<float>(),
          texts,
          places,
          width,
          {static_cast<size_t>(texts), static_cast<size_t>(places), static_cast<size_t>(width),
           lengths.as<int64_t>()}};
}

}  // namespace tinyguard::ops
