// Which kernels to compute with.
#pragma once

#include <string>
#include <string_view>

#include "kernels/encoder.h"

namespace tinyguard::layers {

// The kernels of that name (portable, avx2, avxvnni, avx512vnni); an empty name asks TINYGUARD_FORCE_ISA, and
// if that is empty too the fastest that this machine runs. In TINYGUARD_FORCE_ISA, avx512 is a name as well
// (the text core knows it): the fastest. nullptr with `error` filled when there is no such name or the
// machine cannot run it.
const kernels::EncoderKernels* select(std::string_view name, std::string& error);

}  // namespace tinyguard::layers
