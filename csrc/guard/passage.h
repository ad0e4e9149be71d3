// The passage around a place in a text, by the rules of tinyguard/passage.py.
#pragma once

#include <string_view>

#include "guard/windows.h"

namespace tinyguard::guard {

// Whole lines around `place` where they are short, else whole sentences, else the place alone; of a place in
// which a paragraph ends, the paragraph of its middle.
Range passage(std::u32string_view text, Range place);

}  // namespace tinyguard::guard
