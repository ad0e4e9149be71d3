#include "ops/kernel.h"

namespace tinyguard::ops {

void check_width(int64_t width) {
  if (width < 16 || width % 16 != 0) {
    throw Refusal{"the width is " + std::to_string(width) + ", not a positive multiple of 16"};
  }
}

const int64_t* lengths_within(const Tensor& lengths, int64_t texts, int64_t places, const char* name) {
  const auto* found = lengths.as<int64_t>();
  for (int64_t b = 0; b < texts; ++b) {
    if (found[b] < 0 || found[b] > places) {
      throw Refusal{"lengths[" + std::to_string(b) + "] is " + std::to_string(found[b]) + ", and " + name +
                    " has " + std::to_string(places) + " tokens"};
    }
  }
  return found;
}

Values values(const Call& call) {
  const Tensor x = call.input(0, "x", {-1, -1, -1});
  const int64_t texts = x.dims[0], places = x.dims[1], width = x.dims[2];
  check_width(width);
  const int64_t* lengths = lengths_within(call.input(1, "lengths", {texts}), texts, places, "x");
  return {x.as<float>(),
          texts,
          places,
          width,
          {static_cast<size_t>(texts), static_cast<size_t>(places), static_cast<size_t>(width), lengths}};
}

}  // namespace tinyguard::ops
