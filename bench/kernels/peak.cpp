// Multiply-adds a second of one core's product instructions, from registers: the ceiling that the table's
// shares are of. Prints "name GMAC/s" for what the machine has. Compiled and run by bench/kernels/peak.py.
#include <immintrin.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace {

constexpr int kSums = 24;  // enough to hide the latency, few enough for 32 registers
constexpr long kRounds = 500'000;

// Processor time of this thread: what others do on the machine is not counted.
double seconds_of_thread() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <typename Body>
double best_seconds(Body body) {
  double best = 1e9;
  for (int i = 0; i < 40; ++i) {
    const double start = seconds_of_thread();
    body();
    best = std::min(best, seconds_of_thread() - start);
  }
  return best;
}

#define TINYGUARD_PEAK(name, attributes, type, sums, start, step)                  \
  __attribute__((target(attributes), noinline)) void name() {                      \
    type total[sums];                                                              \
    type a = start, b = start;                                                     \
    _Pragma("GCC unroll 32") for (type& t : total) {                               \
      t = start;                                                                   \
      asm volatile("" : "+v"(t)); /* or the compiler sees that all are the same */ \
    }                                                                              \
    for (long n = 0; n < kRounds; ++n) {                                           \
      asm volatile("" : "+v"(a), "+v"(b));                                         \
      _Pragma("GCC unroll 32") for (type& t : total) t = step;                     \
    }                                                                              \
    _Pragma("GCC unroll 32") for (type& t : total) asm volatile("" : : "v"(t));    \
  }

TINYGUARD_PEAK(vnni512, "avx512f,avx512vnni", __m512i, kSums, _mm512_setzero_si512(),
               _mm512_dpbusd_epi32(t, a, b))
TINYGUARD_PEAK(fma512, "avx512f", __m512, kSums, _mm512_setzero_ps(), _mm512_fmadd_ps(a, b, t))
TINYGUARD_PEAK(vnni256, "avx2,avxvnni", __m256i, 12, _mm256_setzero_si256(), _mm256_dpbusd_avx_epi32(t, a, b))
TINYGUARD_PEAK(fma256, "avx2,fma", __m256, 12, _mm256_setzero_ps(), _mm256_fmadd_ps(a, b, t))
TINYGUARD_PEAK(bf16_512, "avx512f,avx512bf16", __m512, kSums, _mm512_setzero_ps(),
               _mm512_dpbf16_ps(t, (__m512bh)a, (__m512bh)b))

void print(const char* name, double products, double seconds) {
  std::printf("%s %.1f\n", name, products * kRounds / seconds / 1e9);
}

}  // namespace

int main() {
  if (__builtin_cpu_supports("avx512vnni")) print("avx512vnni", kSums * 64.0, best_seconds(vnni512));
  if (__builtin_cpu_supports("avx512f")) print("fma512", kSums * 16.0, best_seconds(fma512));
  if (__builtin_cpu_supports("avx512bf16")) print("bf16", kSums * 32.0, best_seconds(bf16_512));
  print("avxvnni", 12 * 32.0, best_seconds(vnni256));
  print("fma256", 12 * 8.0, best_seconds(fma256));
}
