#include "kernels/dispatch.h"

#include <atomic>
#include <cstdlib>

// Target regions, in the manner of simdutf: no file needs a compiler flag of its own. Compilers or processors
// without them (MSVC, ARM) have the portable kernels alone; on ARM those already use NEON.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define TINYGUARD_X86_TARGETS 1
#else
#define TINYGUARD_X86_TARGETS 0
#endif

namespace tinyguard::kernels {

namespace portable {
#include "kernels/generic.inc"
bool supported() { return true; }
}  // namespace portable

#if TINYGUARD_X86_TARGETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif
namespace avx2 {
#include "kernels/generic.inc"
}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,prefer-vector-width=512")
#endif
namespace avx512 {
#include "kernels/generic.inc"
}  // namespace avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace avx2 {
bool supported() { return __builtin_cpu_supports("avx2") != 0; }
}  // namespace avx2
namespace avx512 {
bool supported() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
}  // namespace avx512

#endif  // TINYGUARD_X86_TARGETS

namespace {

#define TINYGUARD_IMPLEMENTATION(isa) \
  {#isa, isa::supported, isa::ascii_prefix, isa::plain_prefix8, isa::plain_prefix32, isa::widen}

// Slowest first.
constexpr Implementation kImplementations[] = {
    TINYGUARD_IMPLEMENTATION(portable),
#if TINYGUARD_X86_TARGETS
    TINYGUARD_IMPLEMENTATION(avx2),
    TINYGUARD_IMPLEMENTATION(avx512),
#endif
};
constexpr const char* kKnownNames[] = {"portable", "avx2", "avx512", "neon"};

const Implementation* fastest() {
  const Implementation* best = &kImplementations[0];
  for (const Implementation& implementation : kImplementations) {
    if (implementation.supported()) best = &implementation;
  }
  return best;
}

IsaError find(std::string_view name, const Implementation*& found) {
  if (name.empty()) {
    found = fastest();
    return IsaError::ok;
  }
  // Names that only the encoder's kernels tell apart (layers/select.h).
  if (name == "avxvnni") name = "avx2";
  if (name == "avx512vnni") name = "avx512";
#if defined(__aarch64__)
  if (name == "neon") name = "portable";
#endif
  for (const Implementation& implementation : kImplementations) {
    if (name != implementation.name) continue;
    if (!implementation.supported()) return IsaError::unsupported;
    found = &implementation;
    return IsaError::ok;
  }
  for (const char* known : kKnownNames) {
    if (name == known) return IsaError::unsupported;
  }
  return IsaError::unknown;
}

std::string_view environment() {
  const char* value = std::getenv("TINYGUARD_FORCE_ISA");
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::atomic<const Implementation*>& current() {
  static std::atomic<const Implementation*> implementation = [] {
    const Implementation* chosen = fastest();
    find(environment(), chosen);
    return chosen;
  }();
  return implementation;
}

}  // namespace

const Implementation& active() { return *current().load(std::memory_order_relaxed); }

std::vector<const Implementation*> supported() {
  std::vector<const Implementation*> result;
  for (const Implementation& implementation : kImplementations) {
    if (implementation.supported()) result.push_back(&implementation);
  }
  return result;
}

IsaError select(std::string_view name) {
  const Implementation* found = nullptr;
  const IsaError error = find(name, found);
  if (error == IsaError::ok) current().store(found, std::memory_order_relaxed);
  return error;
}

IsaError select_from_environment() { return select(environment()); }

}  // namespace tinyguard::kernels
