#include "bindings/bindings.h"

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  module.doc() = "TinyGuard's native text core.";
  tinyguard::bindings::bind_text(module);
  tinyguard::bindings::bind_detect(module);
  tinyguard::bindings::bind_views(module);
  tinyguard::bindings::bind_letters(module);
  tinyguard::bindings::bind_codec(module);
  tinyguard::bindings::bind_tokenizer(module);
}
