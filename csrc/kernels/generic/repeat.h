// Loops that are unrolled before the optimizer looks: arrays that only such loops index become registers.
#pragma once

#include <cstddef>
#include <utility>

#if defined(__GNUC__)
#define TINYGUARD_INLINE __attribute__((always_inline))
#else
#define TINYGUARD_INLINE
#endif

namespace tinyguard::kernels {
namespace {

template <typename Body, size_t... I>
TINYGUARD_INLINE inline void repeat_over(const Body& body, std::index_sequence<I...>) {
  (body(std::integral_constant<size_t, I>{}), ...);
}

// body(0) … body(N - 1), each index a constant.
template <size_t N, typename Body>
TINYGUARD_INLINE inline void repeat(const Body& body) {
  repeat_over(body, std::make_index_sequence<N>{});
}

}  // namespace
}  // namespace tinyguard::kernels
