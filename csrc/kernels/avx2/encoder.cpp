// AVX2 without VNNI.
//
// `vpmaddubsw` adds two products of unsigned and signed bytes in 16 bits, which overflow for full 8-bit
// operands (2 * 255 * 127). Here the input is shifted to a' = a - 128, and |a'| <= 128 is multiplied with the
// weight that has taken a' 's sign: at most 2 * 128 * 127 = 32,512, which fits. The sums are exact for all
// weights in ±127.
#include "kernels/encoder.h"

#include <immintrin.h>

#include "kernels/generic/repeat.h"

namespace tinyguard::kernels {
namespace {

#include "kernels/avx2/vector256.inc"

constexpr int kBlockRows = 5;
constexpr int kBlockPanels = 1;
constexpr size_t kFewRows = 2;
constexpr int kFewRowsPanels = 2;
constexpr int32_t kZeroOffset = 128;

struct Broadcast {
  __m256i shifted, magnitude;
};
inline Broadcast broadcast(const uint8_t* p) {
  const __m256i shifted = _mm256_xor_si256(broadcast4(p), _mm256_set1_epi8(-128));
  return {shifted, _mm256_abs_epi8(shifted)};
}
inline Half dot4_half(Half total, const Broadcast& a, __m256i w) {
  const __m256i pairs = _mm256_maddubs_epi16(a.magnitude, _mm256_sign_epi8(w, a.shifted));
  return total + reinterpret_cast<Half>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
inline void dot4(I& total, const Broadcast& a, Weights w) {
  total.low = dot4_half(total.low, a, w.low);
  total.high = dot4_half(total.high, a, w.high);
}

inline void dot2(I& total, Pair a, Weights w) {
  total.low += reinterpret_cast<Half>(_mm256_madd_epi16(a, w.low));
  total.high += reinterpret_cast<Half>(_mm256_madd_epi16(a, w.high));
}

#include "kernels/generic/kernels.inc"

bool supported() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

}  // namespace

extern const EncoderKernels kAvx2Encoder = {
    "avx2",
    supported,
#include "kernels/generic/table.inc"
};

}  // namespace tinyguard::kernels
