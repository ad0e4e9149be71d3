// ONNX Runtime through its C API, found at run time and used without its headers.
//
// The API is one append-only table of function pointers; the slots used here are the same in every version
// since 1.8 (https://github.com/microsoft/onnxruntime, include/onnxruntime/core/session/onnxruntime_c_api.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guard/error.h"

namespace tinyguard::guard::onnx {

// Owned values of the runtime; each is given back in its destructor.
class Runtime;

struct ReleaseValue {
  const Runtime* runtime;
  void operator()(void* value) const;
};
using Value = std::unique_ptr<void, ReleaseValue>;

class Session {
 public:
  Session() = default;
  Session(const Runtime* runtime, void* handle) : runtime_(runtime), handle_(handle) {}
  Session(Session&& other) noexcept;
  Session& operator=(Session&& other) noexcept;
  ~Session();

  // Runs on named inputs; the outputs are in the order of their names. Any number of threads may run a
  // session.
  Error run(const std::vector<const char*>& input_names, const std::vector<const void*>& inputs,
            const std::vector<const char*>& output_names, std::vector<Value>& outputs) const;

 private:
  const Runtime* runtime_ = nullptr;
  void* handle_ = nullptr;
};

// The library, loaded once and never unloaded, since its threads may outlive any guard.
class Runtime {
 public:
  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime();

  // A library by its path; if that is empty, by TINYGUARD_ONNXRUNTIME or by the names that the loader knows.
  Error load(const std::string& path);

  // A model on one thread, with a library of operators unless its path is empty.
  Error open(const std::string& model, const std::string& operators, Session& out) const;

  // Tensors over the caller's memory, which must outlive them.
  Error tensor(const int64_t* data, std::vector<int64_t> shape, Value& out) const;
  Error tensor(const float* data, std::vector<int64_t> shape, Value& out) const;

  // The numbers of a tensor of floats, and how many they are; null where it is no such tensor.
  const float* floats(const Value& value, size_t& count) const;

 private:
  friend class Session;
  friend struct ReleaseValue;
  template <typename Function>
  Function slot(size_t index) const;
  Error check(void* status) const;
  Error tensor(const void* data, size_t bytes, const std::vector<int64_t>& shape, int type, Value& out) const;

  const void* const* table_ = nullptr;
  void* environment_ = nullptr;
  void* memory_ = nullptr;
};

}  // namespace tinyguard::guard::onnx
