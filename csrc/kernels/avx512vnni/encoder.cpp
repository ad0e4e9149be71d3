// AVX-512 with VNNI: `vpdpbusd` multiplies 64 pairs of bytes and adds them to 16 sums.
#include "kernels/encoder.h"

#include <immintrin.h>

#include "kernels/generic/repeat.h"

namespace tinyguard::kernels {
namespace {

// 8 rows by 2 panels are 16 of the 32 registers: enough to hide the latency. 12 rows load a little less, and
// were 4 % slower with weights that come from the third-level cache.
constexpr int kBlockRows = 8;
constexpr int kBlockPanels = 2;
constexpr size_t kFewRows = 6;
constexpr int kFewRowsPanels = 4;
constexpr int32_t kZeroOffset = 0;

using F = __m512;
// Not __m512i, which is a vector of 64-bit integers: GCC keeps arrays of a punned type in memory.
typedef int32_t I __attribute__((vector_size(64)));
using Broadcast = __m512i;
using Weights = __m512i;

inline F set(float x) { return _mm512_set1_ps(x); }
inline F load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, F x) { _mm512_storeu_ps(p, x); }
inline F load_s8(const int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
// x to the nearest whole number (of two, the even one), plus `zero`, clamped to u8.
inline void store_u8(uint8_t* p, F x, int32_t zero) {
  const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(x), _mm512_set1_epi32(zero));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p),
                   _mm512_cvtusepi32_epi8(_mm512_max_epi32(whole, _mm512_setzero_si512())));
}
inline float first(F x) { return _mm512_cvtss_f32(x); }

inline F add(F a, F b) { return _mm512_add_ps(a, b); }
inline F sub(F a, F b) { return _mm512_sub_ps(a, b); }
inline F mul(F a, F b) { return _mm512_mul_ps(a, b); }
inline F fma(F a, F b, F c) { return _mm512_fmadd_ps(a, b, c); }
inline F min(F a, F b) { return _mm512_min_ps(a, b); }
inline F max(F a, F b) { return _mm512_max_ps(a, b); }
inline F abs(F a) { return _mm512_abs_ps(a); }
inline F round(F a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline F scale_by_power(F x, F n) { return _mm512_scalef_ps(x, n); }

inline __m256 upper(F x) { return _mm512_extractf32x8_ps(x, 1); }
inline __m256 lower(F x) { return _mm512_castps512_ps256(x); }
// Folded by halves, as on every instruction set, so that the float sums are the same.
#define TINYGUARD_REDUCE(name, op256, op128, op1)                                   \
  inline float name(F x) {                                                          \
    const __m256 half = op256(lower(x), upper(x));                                  \
    __m128 y = op128(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)); \
    y = op128(y, _mm_movehl_ps(y, y));                                              \
    return _mm_cvtss_f32(op1(y, _mm_movehdup_ps(y)));                               \
  }
TINYGUARD_REDUCE(reduce_add, _mm256_add_ps, _mm_add_ps, _mm_add_ss)
TINYGUARD_REDUCE(reduce_min, _mm256_min_ps, _mm_min_ps, _mm_min_ss)
TINYGUARD_REDUCE(reduce_max, _mm256_max_ps, _mm_max_ps, _mm_max_ss)

inline float not_a_number() { return __builtin_nanf(""); }
inline float infinity() { return __builtin_inff(); }
inline float square_root(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

// 16 rows of 16 floats to 16 columns: pairs, fours, then blocks of 128 bits twice.
inline void transpose(const float* from, size_t stride, float* to) {
  __m512 a[16], b[16];
  repeat<16>([&](auto i) TINYGUARD_INLINE { a[i] = load(from + i * stride); });
  repeat<8>([&](auto block) TINYGUARD_INLINE {
    constexpr size_t i = block * 2;
    b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
  });
  repeat<4>([&](auto block) TINYGUARD_INLINE {
    constexpr size_t i = block * 4;
    // a[i + n]: in each 128-bit block, column 4 * block + n of rows i … i + 3.
    a[i] = _mm512_shuffle_ps(b[i], b[i + 2], 0x44);
    a[i + 1] = _mm512_shuffle_ps(b[i], b[i + 2], 0xEE);
    a[i + 2] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0x44);
    a[i + 3] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0xEE);
  });
  repeat<4>([&](auto n) TINYGUARD_INLINE {
    const __m512 even_low = _mm512_shuffle_f32x4(a[n], a[4 + n], 0x88);
    const __m512 odd_low = _mm512_shuffle_f32x4(a[n], a[4 + n], 0xDD);
    const __m512 even_high = _mm512_shuffle_f32x4(a[8 + n], a[12 + n], 0x88);
    const __m512 odd_high = _mm512_shuffle_f32x4(a[8 + n], a[12 + n], 0xDD);
    store(to + n * kLanes, _mm512_shuffle_f32x4(even_low, even_high, 0x88));
    store(to + (4 + n) * kLanes, _mm512_shuffle_f32x4(odd_low, odd_high, 0x88));
    store(to + (8 + n) * kLanes, _mm512_shuffle_f32x4(even_low, even_high, 0xDD));
    store(to + (12 + n) * kLanes, _mm512_shuffle_f32x4(odd_low, odd_high, 0xDD));
  });
}

inline void prefetch(const int8_t* p) { _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1); }
inline I zero_sums() { return I{}; }
inline Weights load_weights(const int8_t* p) { return _mm512_loadu_si512(p); }
inline Broadcast broadcast(const uint8_t* p) {
  int32_t four;
  __builtin_memcpy(&four, p, sizeof(four));
  return _mm512_set1_epi32(four);
}
inline void dot4(I& total, Broadcast a, Weights w) {
  total = reinterpret_cast<I>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(total), a, w));
}
// Two integers of 16 bits for all outputs, and their products added to the sums.
using Pair = __m512i;
inline Pair broadcast_pair(const float* p) { return broadcast(reinterpret_cast<const uint8_t*>(p)); }
inline void dot2(I& total, Pair a, Weights w) {
  total = reinterpret_cast<I>(_mm512_dpwssd_epi32(reinterpret_cast<__m512i>(total), a, w));
}
// To the nearest integers of 16 bits, which they must fit: 16 in a row, or 16 pairs.
inline void store_s16(float* p, F x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x)));
}
inline void store_pairs(float* p, F even, F odd) {
  const __m512i low = _mm512_cvtps_epi32(even), high = _mm512_slli_epi32(_mm512_cvtps_epi32(odd), 16);
  _mm512_storeu_si512(p, _mm512_mask_blend_epi16(0xAAAAAAAA, low, high));
}
inline I load_sums(const int32_t* p) { return reinterpret_cast<I>(_mm512_loadu_si512(p)); }
inline I subtract_product(I total, int32_t factor, I sums) { return total - factor * sums; }
inline F to_float(I x) { return _mm512_cvtepi32_ps(reinterpret_cast<__m512i>(x)); }

#include "kernels/generic/kernels.inc"

bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

}  // namespace

extern const EncoderKernels kAvx512VnniEncoder = {
    "avx512vnni",
    supported,
#include "kernels/generic/table.inc"
};

}  // namespace tinyguard::kernels
