// One function per part of the core adds that part to the extension module.
#pragma once

#include <pybind11/pybind11.h>

namespace tinyguard::bindings {

void bind_text(pybind11::module_& module);
void bind_detect(pybind11::module_& module);
void bind_views(pybind11::module_& module);
void bind_letters(pybind11::module_& module);
void bind_codec(pybind11::module_& module);
void bind_tokenizer(pybind11::module_& module);

// The characters of a Python str, lone surrogates included; bytes are decoded as UTF-8 with U+FFFD for each
// invalid sequence. Raises TypeError for anything else.
std::u32string to_u32(pybind11::handle text);

// A Python str; lone surrogates pass through.
pybind11::str to_str(std::u32string_view text);

}  // namespace tinyguard::bindings
