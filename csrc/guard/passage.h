// The passage around a place in a text, by the rules of tinyguard/passage.py.
#pragma once

#include <string_view>

#include "guard/windows.h"

namespace tinyguard::guard {

// The sentences around `place`, no further than its line, or the place alone where they go on for long; of a
// place in which a paragraph ends, those of its middle.
Range passage(std::u32string_view text, Range place);

}  // namespace tinyguard::guard
