// How the guard's parts say that something went wrong: a code of the C API and a sentence that names the
// file.
#pragma once

#include <string>

#include "tinyguard.h"

namespace tinyguard::guard {

struct Error {
  tinyguard_status status = TINYGUARD_OK;
  std::string message;

  explicit operator bool() const { return status != TINYGUARD_OK; }
};

inline Error model_error(const std::string& path, const std::string& problem) {
  return {TINYGUARD_BAD_MODEL, "model file " + path + " " + problem};
}

}  // namespace tinyguard::guard
