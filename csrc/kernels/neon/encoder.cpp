// ARM with the dot-product instructions of ARMv8.2: `sdot` multiplies 16 pairs of signed bytes and adds them
// to 4 sums. The input is shifted to a - 128 for it.
#include "kernels/encoder.h"

#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "kernels/generic/repeat.h"

namespace tinyguard::kernels {
namespace {

// 4 rows of one panel are 16 of the 32 registers; a panel's weights are 4 more.
constexpr int kBlockRows = 4;
constexpr int kBlockPanels = 1;
constexpr size_t kFewRows = 2;
constexpr int kFewRowsPanels = 2;
constexpr int32_t kZeroOffset = 128;
constexpr size_t kQuarters = 4;

struct F {
  float32x4_t v[kQuarters];
};
struct I {
  int32x4_t v[kQuarters];
};

#define TINYGUARD_QUARTERS for (size_t i = 0; i < kQuarters; ++i)

inline F set(float x) {
  F y;
  TINYGUARD_QUARTERS y.v[i] = vdupq_n_f32(x);
  return y;
}
inline F load(const float* p) {
  F y;
  TINYGUARD_QUARTERS y.v[i] = vld1q_f32(p + 4 * i);
  return y;
}
inline void store(float* p, F x) { TINYGUARD_QUARTERS vst1q_f32(p + 4 * i, x.v[i]); }
inline F load_s8(const int8_t* p) {
  const int8x16_t bytes = vld1q_s8(p);
  const int16x8_t words[2] = {vmovl_s8(vget_low_s8(bytes)), vmovl_s8(vget_high_s8(bytes))};
  return {
      {vcvtq_f32_s32(vmovl_s16(vget_low_s16(words[0]))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(words[0]))),
       vcvtq_f32_s32(vmovl_s16(vget_low_s16(words[1]))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(words[1])))}};
}
inline float first(F x) { return vgetq_lane_f32(x.v[0], 0); }

inline F add(F a, F b) {
  TINYGUARD_QUARTERS a.v[i] = vaddq_f32(a.v[i], b.v[i]);
  return a;
}
inline F sub(F a, F b) {
  TINYGUARD_QUARTERS a.v[i] = vsubq_f32(a.v[i], b.v[i]);
  return a;
}
inline F mul(F a, F b) {
  TINYGUARD_QUARTERS a.v[i] = vmulq_f32(a.v[i], b.v[i]);
  return a;
}
inline F fma(F a, F b, F c) {
  TINYGUARD_QUARTERS c.v[i] = vfmaq_f32(c.v[i], a.v[i], b.v[i]);
  return c;
}
// b where either is NaN, as on x86; `vminq_f32` would give NaN.
inline float32x4_t smaller(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
inline float32x4_t larger(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
inline F min(F a, F b) {
  TINYGUARD_QUARTERS a.v[i] = smaller(a.v[i], b.v[i]);
  return a;
}
inline F max(F a, F b) {
  TINYGUARD_QUARTERS a.v[i] = larger(a.v[i], b.v[i]);
  return a;
}
inline F abs(F a) {
  TINYGUARD_QUARTERS a.v[i] = vabsq_f32(a.v[i]);
  return a;
}
inline F round(F a) {
  TINYGUARD_QUARTERS a.v[i] = vrndnq_f32(a.v[i]);
  return a;
}
// x * 2^n for whole n in [-126, 0]; of NaN, anything.
inline F scale_by_power(F x, F n) {
  TINYGUARD_QUARTERS {
    const int32x4_t exponent = vaddq_s32(vcvtnq_s32_f32(n.v[i]), vdupq_n_s32(127));
    x.v[i] = vmulq_f32(x.v[i], vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
  }
  return x;
}

// Folded by halves, as on every instruction set, so that the float sums are the same.
template <typename Fold>
inline float reduce(F x, Fold fold) {
  const float32x4_t y = fold(fold(x.v[0], x.v[2]), fold(x.v[1], x.v[3]));
  const float32x4_t z = fold(y, vextq_f32(y, y, 2));
  return vgetq_lane_f32(fold(z, vextq_f32(z, z, 1)), 0);
}
inline float reduce_add(F x) {
  return reduce(x, [](float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); });
}
inline float reduce_min(F x) { return reduce(x, smaller); }
inline float reduce_max(F x) { return reduce(x, larger); }

inline float not_a_number() { return __builtin_nanf(""); }
inline float infinity() { return __builtin_inff(); }
inline float square_root(float x) { return vget_lane_f32(vsqrt_f32(vdup_n_f32(x)), 0); }

inline void transpose4(const float* from, size_t stride, float* to) {
  const float32x4x2_t upper = vtrnq_f32(vld1q_f32(from), vld1q_f32(from + stride));
  const float32x4x2_t lower = vtrnq_f32(vld1q_f32(from + 2 * stride), vld1q_f32(from + 3 * stride));
  repeat<2>([&](auto i) TINYGUARD_INLINE {
    vst1q_f32(to + i * kLanes, vcombine_f32(vget_low_f32(upper.val[i]), vget_low_f32(lower.val[i])));
    vst1q_f32(to + (i + 2) * kLanes, vcombine_f32(vget_high_f32(upper.val[i]), vget_high_f32(lower.val[i])));
  });
}
// 16 rows of 16 floats to 16 columns.
inline void transpose(const float* from, size_t stride, float* to) {
  for (size_t row = 0; row < kLanes; row += 4) {
    for (size_t column = 0; column < kLanes; column += 4) {
      transpose4(from + row * stride + column, stride, to + column * kLanes + row);
    }
  }
}

// x to the nearest whole number (of two, the even one), plus `zero`, clamped to u8.
inline void store_u8(uint8_t* p, F x, int32_t zero) {
  uint16x4_t words[kQuarters];
  TINYGUARD_QUARTERS words[i] = vqmovun_s32(vaddq_s32(vcvtnq_s32_f32(x.v[i]), vdupq_n_s32(zero)));
  vst1_u8(p, vqmovn_u16(vcombine_u16(words[0], words[1])));
  vst1_u8(p + 8, vqmovn_u16(vcombine_u16(words[2], words[3])));
}

inline void prefetch(const int8_t* p) { __builtin_prefetch(p, 0, 2); }
inline I zero_sums() {
  I y;
  TINYGUARD_QUARTERS y.v[i] = vdupq_n_s32(0);
  return y;
}
struct Weights {
  int8x16_t v[kQuarters];
};
inline Weights load_weights(const int8_t* p) {
  Weights w;
  TINYGUARD_QUARTERS w.v[i] = vld1q_s8(p + 16 * i);
  return w;
}
inline int32x4_t broadcast4(const void* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return vdupq_n_s32(four);
}
using Broadcast = int8x16_t;
inline Broadcast broadcast(const uint8_t* p) {
  return veorq_s8(vreinterpretq_s8_s32(broadcast4(p)), vdupq_n_s8(-128));
}
inline void dot4(I& total, Broadcast a, const Weights& w) {
  TINYGUARD_QUARTERS total.v[i] = vdotq_s32(total.v[i], w.v[i], a);
}
// Two integers of 16 bits for all outputs, and their products added to the sums.
using Pair = int16x8_t;
inline Pair broadcast_pair(const float* p) { return vreinterpretq_s16_s32(broadcast4(p)); }
inline void dot2(I& total, Pair a, const Weights& w) {
  TINYGUARD_QUARTERS {
    const int16x8_t b = vreinterpretq_s16_s8(w.v[i]);
    const int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b)), high = vmull_high_s16(a, b);
    total.v[i] = vaddq_s32(total.v[i], vpaddq_s32(low, high));
  }
}
// To the nearest integers of 16 bits, which they must fit: 16 in a row, or 16 pairs.
inline int16x4_t words_of(float32x4_t x) { return vmovn_s32(vcvtnq_s32_f32(x)); }
inline void store_words(float* p, int16x4_t low, int16x4_t high) {
  vst1q_f32(p, vreinterpretq_f32_s16(vcombine_s16(low, high)));
}
inline void store_s16(float* p, F x) {
  store_words(p, words_of(x.v[0]), words_of(x.v[1]));
  store_words(p + 4, words_of(x.v[2]), words_of(x.v[3]));
}
inline void store_pairs(float* p, F even, F odd) {
  TINYGUARD_QUARTERS {
    const int16x4x2_t pairs = vzip_s16(words_of(even.v[i]), words_of(odd.v[i]));
    store_words(p + 4 * i, pairs.val[0], pairs.val[1]);
  }
}
inline I load_sums(const int32_t* p) {
  I y;
  TINYGUARD_QUARTERS y.v[i] = vld1q_s32(p + 4 * i);
  return y;
}
inline I subtract_product(I total, int32_t factor, I sums) {
  TINYGUARD_QUARTERS total.v[i] = vmlsq_n_s32(total.v[i], sums.v[i], factor);
  return total;
}
inline F to_float(I x) {
  F y;
  TINYGUARD_QUARTERS y.v[i] = vcvtq_f32_s32(x.v[i]);
  return y;
}

#include "kernels/generic/kernels.inc"

bool supported() {
#if defined(__linux__)
  constexpr unsigned long kDotProducts = 1ul << 20;  // HWCAP_ASIMDDP
  return (getauxval(AT_HWCAP) & kDotProducts) != 0;
#else
#if defined(__ARM_FEATURE_DOTPROD) && defined(__APPLE__)
  return true;  // every processor that macOS runs on
#else
  return false;
#endif
#endif
}

}  // namespace

extern const EncoderKernels kNeonEncoder = {
    "neon",
    supported,
#include "kernels/generic/table.inc"
};

}  // namespace tinyguard::kernels
