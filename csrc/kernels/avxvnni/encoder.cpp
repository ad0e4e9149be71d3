// AVX-VNNI: the 256-bit `vpdpbusd` of processors without AVX-512.
#include "kernels/encoder.h"

#include <cpuid.h>
#include <immintrin.h>

#include "kernels/generic/repeat.h"

namespace tinyguard::kernels {
namespace {

#include "kernels/avx2/vector256.inc"

// 6 rows by one panel are 12 of the 16 registers.
constexpr int kBlockRows = 6;
constexpr int kBlockPanels = 1;
constexpr size_t kFewRows = 3;
constexpr int kFewRowsPanels = 2;
constexpr int32_t kZeroOffset = 0;

using Broadcast = __m256i;
inline Broadcast broadcast(const uint8_t* p) { return broadcast4(p); }
inline Half dot4_half(Half total, __m256i a, __m256i w) {
  return reinterpret_cast<Half>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(total), a, w));
}
inline void dot4(I& total, Broadcast a, Weights w) {
  total.low = dot4_half(total.low, a, w.low);
  total.high = dot4_half(total.high, a, w.high);
}

inline void dot2(I& total, Pair a, Weights w) {
  total.low = reinterpret_cast<Half>(_mm256_dpwssd_avx_epi32(reinterpret_cast<__m256i>(total.low), a, w.low));
  total.high =
      reinterpret_cast<Half>(_mm256_dpwssd_avx_epi32(reinterpret_cast<__m256i>(total.high), a, w.high));
}

#include "kernels/generic/kernels.inc"

bool supported() {
  // Older compilers' __builtin_cpu_supports does not know AVX-VNNI: leaf 7, sub-leaf 1, EAX bit 4.
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  const bool vnni = __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax >> 4 & 1) != 0;
  return vnni && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

}  // namespace

extern const EncoderKernels kAvxVnniEncoder = {
    "avxvnni",
    supported,
#include "kernels/generic/table.inc"
};

}  // namespace tinyguard::kernels
