// The C API over the guard: arguments checked, exceptions stopped, one message kept per thread.
#include "tinyguard.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "guard/files.h"
#include "guard/guard.h"

struct tinyguard_guard {
  tinyguard::guard::Guard guard;
};

namespace {

using tinyguard::guard::Error;
using tinyguard::guard::GuardPaths;
using tinyguard::guard::join_path;

// A buffer and not a string, so that saying what went wrong cannot itself go wrong.
thread_local char last_message[1024];

tinyguard_status report(tinyguard_status status, const char* message) {
  std::snprintf(last_message, sizeof last_message, "%s", message);
  return status;
}

// Runs a function that returns an Error, and turns that and every exception into a status.
template <typename Function>
tinyguard_status guarded(Function function) noexcept {
  try {
    const Error error = function();
    return error ? report(error.status, error.message.c_str()) : TINYGUARD_OK;
  } catch (const std::bad_alloc&) {
    return report(TINYGUARD_NO_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return report(TINYGUARD_INTERNAL, error.what());
  } catch (...) {
    return report(TINYGUARD_INTERNAL, "unknown error");
  }
}

// The folder that this library lies in; "." where the loader does not know.
std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&tinyguard_open), &info) == 0 || info.dli_fname == nullptr)
    return ".";
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// The operators' library, or an empty text where there is none.
std::string operators_in(const std::string& folder) {
  for (const char* name : {"libtinyguard_ops.so", "libtinyguard_ops.dylib"}) {
    const std::string path = join_path(folder, name);
    if (tinyguard::guard::exists(path)) return path;
  }
  return "";
}

std::string given(const char* text, const std::string& otherwise) {
  return text != nullptr ? text : otherwise;
}

GuardPaths paths_of(const char* model, const tinyguard_options& options) {
  const std::string folder = own_folder();
  GuardPaths paths;
  paths.model = given(model, join_path(folder, "weights"));
  paths.language = given(options.language, join_path(folder, "data/language.bin"));
  paths.operators = given(options.operators, operators_in(folder));
  paths.runtime = given(options.runtime, "");
  paths.policy = given(options.policy, "balanced");
  paths.policy_file = given(options.policy_file, "");
  return paths;
}

}  // namespace

extern "C" {

tinyguard_status tinyguard_open(const char* model, const tinyguard_options* options,
                                tinyguard_guard** guard) {
  if (guard == nullptr) return report(TINYGUARD_BAD_ARGUMENT, "guard must not be NULL");
  *guard = nullptr;
  const tinyguard_options defaults = TINYGUARD_OPTIONS_INIT;
  if (options == nullptr) options = &defaults;
  if (options->size != sizeof(tinyguard_options)) {
    return report(TINYGUARD_BAD_ARGUMENT, "options are of another size: start with TINYGUARD_OPTIONS_INIT");
  }
  return guarded([&]() -> Error {
    auto opened = std::make_unique<tinyguard_guard>();
    if (Error error = opened->guard.open(paths_of(model, *options))) return error;
    *guard = opened.release();
    return {};
  });
}

tinyguard_status tinyguard_scan(const tinyguard_guard* guard, const char* text, size_t length,
                                tinyguard_role role, uint16_t* bits) {
  if (bits == nullptr) return report(TINYGUARD_BAD_ARGUMENT, "bits must not be NULL");
  const uint16_t failed = tinyguard_encode(TINYGUARD_THREAT_UNCERTAIN, 0, 0, TINYGUARD_ACTION_BLOCK);
  *bits = failed;
  if (guard == nullptr) return report(TINYGUARD_BAD_ARGUMENT, "guard must not be NULL");
  if (text == nullptr && length != 0) return report(TINYGUARD_BAD_ARGUMENT, "text must not be NULL");
  if (length > UINT32_MAX / 2) return report(TINYGUARD_BAD_ARGUMENT, "text is longer than 2 GiB");
  // C may pass any number; to read one that is no role as the enum is undefined in C++.
  unsigned number;
  static_assert(sizeof number == sizeof role);
  std::memcpy(&number, &role, sizeof number);
  if (number >= tinyguard::guard::kRoleCount) return report(TINYGUARD_BAD_ARGUMENT, "unknown role");
  uint16_t found = failed;
  const tinyguard_status status = guarded([&] {
    return guard->guard.scan(text == nullptr ? std::string_view() : std::string_view(text, length), role,
                             found);
  });
  if (status == TINYGUARD_OK) *bits = found;
  return status;
}

void tinyguard_close(tinyguard_guard* guard) { delete guard; }

const char* tinyguard_message(void) { return last_message; }

const char* tinyguard_version(void) { return TINYGUARD_VERSION; }

}  // extern "C"
