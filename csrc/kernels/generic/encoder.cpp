// The portable kernels: plain loops over 16 lanes, which compilers turn into whatever vectors they have (NEON
// on ARM).
#include "kernels/encoder.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/generic/repeat.h"

namespace tinyguard::kernels {
namespace {

constexpr int kBlockRows = 2;
constexpr int kBlockPanels = 1;
constexpr size_t kFewRows = 1;
constexpr int kFewRowsPanels = 1;
constexpr int32_t kZeroOffset = 0;

struct F {
  float v[kLanes];
};
struct I {
  int32_t v[kLanes];
};
struct Broadcast {
  int32_t v[kInputs];
};
struct Weights {
  const int8_t* v;
};

#define TINYGUARD_LANES for (size_t i = 0; i < kLanes; ++i)

inline F set(float x) {
  F y;
  TINYGUARD_LANES y.v[i] = x;
  return y;
}
inline F load(const float* p) {
  F y;
  std::memcpy(y.v, p, sizeof(y.v));
  return y;
}
inline void store(float* p, const F& x) { std::memcpy(p, x.v, sizeof(x.v)); }
inline F load_s8(const int8_t* p) {
  F y;
  TINYGUARD_LANES y.v[i] = static_cast<float>(p[i]);
  return y;
}
inline float first(const F& x) { return x.v[0]; }

inline F add(F a, const F& b) {
  TINYGUARD_LANES a.v[i] += b.v[i];
  return a;
}
inline F sub(F a, const F& b) {
  TINYGUARD_LANES a.v[i] -= b.v[i];
  return a;
}
inline F mul(F a, const F& b) {
  TINYGUARD_LANES a.v[i] *= b.v[i];
  return a;
}
inline F fma(const F& a, const F& b, F c) {
  TINYGUARD_LANES c.v[i] += a.v[i] * b.v[i];
  return c;
}
inline F min(const F& a, F b) {
  TINYGUARD_LANES b.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return b;
}
inline F max(const F& a, F b) {
  TINYGUARD_LANES b.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
  return b;
}
inline F abs(F a) {
  TINYGUARD_LANES a.v[i] = std::fabs(a.v[i]);
  return a;
}
// To nearest, ties to even, for magnitudes below 2^22: adding 1.5 * 2^23 leaves no bits behind the point.
inline F round(F a) {
  TINYGUARD_LANES a.v[i] = (a.v[i] + 12582912.0f) - 12582912.0f;
  return a;
}
// x to the nearest whole number (of two, the even one), plus `zero`, clamped to u8.
inline void store_u8(uint8_t* p, const F& x, int32_t zero) {
  const F whole = round(x);
  TINYGUARD_LANES {
    const int32_t q = static_cast<int32_t>(whole.v[i]) + zero;
    p[i] = static_cast<uint8_t>(q < 0 ? 0 : q > 255 ? 255 : q);
  }
}
// x * 2^n for whole n in [-126, 0].
inline F scale_by_power(F x, const F& n) {
  TINYGUARD_LANES {
    // A NaN has no whole part; what it is multiplied with does not matter.
    const float whole = n.v[i] >= -126.0f ? n.v[i] : -126.0f;
    const int32_t bits = (static_cast<int32_t>(whole) + 127) * (1 << 23);
    float power;
    std::memcpy(&power, &bits, sizeof(power));
    x.v[i] *= power;
  }
  return x;
}

template <typename Fold>
inline float reduce(F x, Fold fold) {
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t i = 0; i < half; ++i) x.v[i] = fold(x.v[i], x.v[i + half]);
  }
  return x.v[0];
}
inline float reduce_add(const F& x) {
  return reduce(x, [](float a, float b) { return a + b; });
}
inline float reduce_min(const F& x) {
  return reduce(x, [](float a, float b) { return a < b ? a : b; });
}
inline float reduce_max(const F& x) {
  return reduce(x, [](float a, float b) { return a > b ? a : b; });
}

inline float not_a_number() { return std::numeric_limits<float>::quiet_NaN(); }
inline float infinity() { return std::numeric_limits<float>::infinity(); }
inline float square_root(float x) { return std::sqrt(x); }

// 16 rows of 16 floats to 16 columns.
inline void transpose(const float* from, size_t stride, float* to) {
  for (size_t c = 0; c < kLanes; ++c) {
    TINYGUARD_LANES to[c * kLanes + i] = from[i * stride + c];
  }
}

#if defined(__GNUC__)
inline void prefetch(const int8_t* p) { __builtin_prefetch(p, 0, 2); }
#else
inline void prefetch(const int8_t*) {}
#endif
inline I zero_sums() { return I{}; }
inline Weights load_weights(const int8_t* p) { return {p}; }
inline Broadcast broadcast(const uint8_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
inline void dot4(I& total, const Broadcast& a, const Weights& w) {
  TINYGUARD_LANES {
    const int8_t* four = w.v + i * kInputs;
    total.v[i] += a.v[0] * four[0] + a.v[1] * four[1] + a.v[2] * four[2] + a.v[3] * four[3];
  }
}
// Two integers of 16 bits for all outputs, and their products added to the sums.
struct Pair {
  int32_t v[2];
};
inline Pair broadcast_pair(const float* p) {
  int16_t two[2];
  std::memcpy(two, p, sizeof(two));
  return {{two[0], two[1]}};
}
inline void dot2(I& total, const Pair& a, const Weights& w) {
  int16_t pairs[2 * kLanes];
  std::memcpy(pairs, w.v, sizeof(pairs));
  TINYGUARD_LANES total.v[i] += a.v[0] * pairs[2 * i] + a.v[1] * pairs[2 * i + 1];
}
// To the nearest integers of 16 bits, which they must fit: 16 in a row, or 16 pairs.
inline void store_s16(float* p, const F& x) {
  const F whole = round(x);
  int16_t out[kLanes];
  TINYGUARD_LANES out[i] = static_cast<int16_t>(whole.v[i]);
  std::memcpy(p, out, sizeof(out));
}
inline void store_pairs(float* p, const F& even, const F& odd) {
  const F low = round(even), high = round(odd);
  int16_t out[2 * kLanes];
  TINYGUARD_LANES {
    out[2 * i] = static_cast<int16_t>(low.v[i]);
    out[2 * i + 1] = static_cast<int16_t>(high.v[i]);
  }
  std::memcpy(p, out, sizeof(out));
}
inline I load_sums(const int32_t* p) {
  I y;
  std::memcpy(y.v, p, sizeof(y.v));
  return y;
}
inline I subtract_product(I total, int32_t factor, const I& sums) {
  TINYGUARD_LANES total.v[i] -= factor * sums.v[i];
  return total;
}
inline F to_float(const I& x) {
  F y;
  TINYGUARD_LANES y.v[i] = static_cast<float>(x.v[i]);
  return y;
}

#include "kernels/generic/kernels.inc"

bool supported() { return true; }

}  // namespace

extern const EncoderKernels kPortableEncoder = {
    "portable",
    supported,
#include "kernels/generic/table.inc"
};

}  // namespace tinyguard::kernels
