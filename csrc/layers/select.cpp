#include "layers/select.h"

#include <cstdlib>

namespace tinyguard::layers {
namespace {

// Slowest first.
constexpr const kernels::EncoderKernels* kEncoders[] = {
    &kernels::kPortableEncoder,
#if TINYGUARD_X86_ENCODERS
    &kernels::kAvx2Encoder,     &kernels::kAvxVnniEncoder, &kernels::kAvx512VnniEncoder,
#endif
#if TINYGUARD_ARM_ENCODERS
    &kernels::kNeonEncoder,
#endif
};

const kernels::EncoderKernels* fastest() {
  const kernels::EncoderKernels* best = kEncoders[0];
  for (const kernels::EncoderKernels* encoder : kEncoders) {
    if (encoder->supported()) best = encoder;
  }
  return best;
}

}  // namespace

const kernels::EncoderKernels* select(std::string_view name, std::string& error) {
  if (name.empty()) {
    const char* forced = std::getenv("TINYGUARD_FORCE_ISA");
    if (forced != nullptr) name = forced;
    if (name == "avx512") name = {};
  }
  if (name.empty()) return fastest();
  for (const kernels::EncoderKernels* encoder : kEncoders) {
    if (name == encoder->name && encoder->supported()) return encoder;
  }
  error = "no kernels for instruction set '" + std::string(name) + "' here; this machine runs";
  for (const kernels::EncoderKernels* encoder : kEncoders) {
    if (encoder->supported()) error += std::string(" ") + encoder->name;
  }
  return nullptr;
}

}  // namespace tinyguard::layers
