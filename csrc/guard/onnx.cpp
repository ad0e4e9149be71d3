#include "guard/onnx.h"

#include <dlfcn.h>

#include <cstdlib>
#include <functional>
#include <numeric>
#include <utility>

namespace tinyguard::guard::onnx {
namespace {

constexpr uint32_t kApiVersion = 8;

struct ApiBase {
  const void* const* (*get_api)(uint32_t version);
  const char* (*version)();
};

// Places in the table, and the types of the functions there. A status is null on success.
enum Slot : size_t {
  kGetErrorMessage = 2,
  kCreateEnv = 3,
  kCreateSession = 7,
  kRun = 9,
  kCreateSessionOptions = 10,
  kDisableMemPattern = 17,
  kSetSessionLogSeverityLevel = 22,
  kSetIntraOpNumThreads = 24,
  kSetInterOpNumThreads = 25,
  kRegisterCustomOpsLibrary = 29,
  kCreateTensorWithData = 49,
  kGetTensorMutableData = 51,
  kGetTensorElementType = 60,
  kGetTensorShapeElementCount = 64,
  kGetTensorTypeAndShape = 65,
  kCreateCpuMemoryInfo = 69,
  kReleaseEnv = 92,
  kReleaseStatus = 93,
  kReleaseMemoryInfo = 94,
  kReleaseSession = 95,
  kReleaseValue = 96,
  kReleaseTensorTypeAndShapeInfo = 99,
  kReleaseSessionOptions = 100,
};
using GetErrorMessage = const char* (*)(const void* status);
using CreateEnv = void* (*)(int log_level, const char* log_id, void** out);
using CreateSession = void* (*)(const void* environment, const char* path, const void* options, void** out);
using Run = void* (*)(void* session, const void* run_options, const char* const* input_names,
                      const void* const* inputs, size_t input_count, const char* const* output_names,
                      size_t output_count, void** outputs);
using Create = void* (*)(void** out);
using Change = void* (*)(void* object);
using SetInt = void* (*)(void* object, int value);
using RegisterCustomOpsLibrary = void* (*)(void* options, const char* path, void** library);
using CreateTensorWithData = void* (*)(const void* memory, void* data, size_t bytes, const int64_t* shape,
                                       size_t rank, int type, void** out);
using Get = void* (*)(const void* value, void** out);
using GetMutable = void* (*)(void* value, void** out);
using GetInt = void* (*)(const void* info, int* out);
using GetSize = void* (*)(const void* info, size_t* out);
using CreateCpuMemoryInfo = void* (*)(int allocator, int memory_type, void** out);
using Release = void (*)(void* object);

constexpr int kFloat = 1, kInt64 = 7;  // ONNXTensorElementDataType
constexpr int kLogErrors = 3;
constexpr int kArenaAllocator = 1, kDefaultMemory = 0;

}  // namespace

template <typename Function>
Function Runtime::slot(size_t index) const {
  return reinterpret_cast<Function>(const_cast<void*>(table_[index]));
}

void ReleaseValue::operator()(void* value) const { runtime->slot<Release>(kReleaseValue)(value); }

Error Runtime::check(void* status) const {
  if (status == nullptr) return {};
  Error error = {TINYGUARD_RUN_FAILED, slot<GetErrorMessage>(kGetErrorMessage)(status)};
  slot<Release>(kReleaseStatus)(status);
  return error;
}

Error Runtime::load(const std::string& path) {
  const char* named = std::getenv("TINYGUARD_ONNXRUNTIME");
  std::vector<std::string> names = {"libonnxruntime.so.1", "libonnxruntime.so", "libonnxruntime.dylib"};
  if (!path.empty()) {
    names = {path};
  } else if (named != nullptr && *named != '\0') {
    names = {named};
  }
  void* library = nullptr;
  std::string problem;
  for (const std::string& name : names) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    const char* message = dlerror();
    if (problem.empty()) problem = message != nullptr ? message : name + " cannot be loaded";
  }
  if (library == nullptr) return {TINYGUARD_NO_RUNTIME, "ONNX Runtime: " + problem};
  const auto get_base = reinterpret_cast<const ApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  const ApiBase* base = get_base == nullptr ? nullptr : get_base();
  if (base == nullptr) return {TINYGUARD_NO_RUNTIME, "ONNX Runtime: the library has no OrtGetApiBase"};
  table_ = base->get_api(kApiVersion);
  if (table_ == nullptr) {
    return {TINYGUARD_NO_RUNTIME,
            std::string("ONNX Runtime ") + base->version() + " is too old: 1.8 is needed"};
  }
  Error error = check(slot<CreateEnv>(kCreateEnv)(kLogErrors, "tinyguard", &environment_));
  if (!error) {
    error = check(slot<CreateCpuMemoryInfo>(kCreateCpuMemoryInfo)(kArenaAllocator, kDefaultMemory, &memory_));
  }
  return error;
}

Runtime::~Runtime() {
  if (memory_ != nullptr) slot<Release>(kReleaseMemoryInfo)(memory_);
  if (environment_ != nullptr) slot<Release>(kReleaseEnv)(environment_);
}

Error Runtime::open(const std::string& model, const std::string& operators, Session& out) const {
  void* options = nullptr;
  if (Error error = check(slot<Create>(kCreateSessionOptions)(&options))) return error;
  void* session = nullptr;
  const auto prepare = [&]() -> Error {
    for (const Slot setting : {kSetIntraOpNumThreads, kSetInterOpNumThreads}) {
      if (Error error = check(slot<SetInt>(setting)(options, 1))) return error;
    }
    // Patterns are kept for every shape ever seen.
    if (Error error = check(slot<Change>(kDisableMemPattern)(options))) return error;
    if (Error error = check(slot<SetInt>(kSetSessionLogSeverityLevel)(options, kLogErrors))) return error;
    if (!operators.empty()) {
      void* library = nullptr;
      const auto add = slot<RegisterCustomOpsLibrary>(kRegisterCustomOpsLibrary);
      if (Error error = check(add(options, operators.c_str(), &library))) return error;
    }
    return check(slot<CreateSession>(kCreateSession)(environment_, model.c_str(), options, &session));
  };
  Error error = prepare();
  slot<Release>(kReleaseSessionOptions)(options);
  if (error) return error;
  out = Session(this, session);
  return {};
}

Error Runtime::tensor(const void* data, size_t bytes, const std::vector<int64_t>& shape, int type,
                      Value& out) const {
  void* value = nullptr;
  // The runtime takes a pointer to change, and does not change an input.
  Error error = check(slot<CreateTensorWithData>(kCreateTensorWithData)(
      memory_, const_cast<void*>(data), bytes, shape.data(), shape.size(), type, &value));
  out = Value(value, ReleaseValue{this});
  return error;
}

namespace {

size_t product(const std::vector<int64_t>& shape) {
  return static_cast<size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
}

}  // namespace

Error Runtime::tensor(const int64_t* data, std::vector<int64_t> shape, Value& out) const {
  return tensor(data, product(shape) * sizeof *data, shape, kInt64, out);
}

Error Runtime::tensor(const float* data, std::vector<int64_t> shape, Value& out) const {
  return tensor(data, product(shape) * sizeof *data, shape, kFloat, out);
}

const float* Runtime::floats(const Value& value, size_t& count) const {
  void *info = nullptr, *data = nullptr;
  int type = 0;
  count = 0;
  if (value == nullptr || check(slot<Get>(kGetTensorTypeAndShape)(value.get(), &info))) return nullptr;
  const bool known = !check(slot<GetInt>(kGetTensorElementType)(info, &type)) &&
                     !check(slot<GetSize>(kGetTensorShapeElementCount)(info, &count));
  slot<Release>(kReleaseTensorTypeAndShapeInfo)(info);
  if (!known || type != kFloat || check(slot<GetMutable>(kGetTensorMutableData)(value.get(), &data)))
    return nullptr;
  return static_cast<const float*>(data);
}

Session::Session(Session&& other) noexcept
    : runtime_(other.runtime_), handle_(std::exchange(other.handle_, nullptr)) {}

Session& Session::operator=(Session&& other) noexcept {
  std::swap(runtime_, other.runtime_);
  std::swap(handle_, other.handle_);
  return *this;
}

Session::~Session() {
  if (handle_ != nullptr) runtime_->slot<Release>(kReleaseSession)(handle_);
}

Error Session::run(const std::vector<const char*>& input_names, const std::vector<const void*>& inputs,
                   const std::vector<const char*>& output_names, std::vector<Value>& outputs) const {
  std::vector<void*> raw(output_names.size(), nullptr);
  const auto run = runtime_->slot<Run>(kRun);
  Error error = runtime_->check(run(handle_, nullptr, input_names.data(), inputs.data(), inputs.size(),
                                    output_names.data(), output_names.size(), raw.data()));
  outputs.clear();
  for (void* value : raw) outputs.emplace_back(value, ReleaseValue{runtime_});
  return error;
}

}  // namespace tinyguard::guard::onnx
