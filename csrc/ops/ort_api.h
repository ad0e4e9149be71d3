// The part of ONNX Runtime's C API that custom ops need, declared by hand: the PyPI wheel ships no headers.
//
// The API is a table of function pointers that only grows, so an entry is its index (the order of `struct
// OrtApi` in onnxruntime_c_api.h); the same holds for the members of OrtCustomOp, of which `version` says how
// many are there. Version 16 is the first whose kernels report errors by return value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyguard::ops {

struct OrtStatus;
struct OrtKernelInfo;
struct OrtKernelContext;
struct OrtValue;
struct OrtTensorTypeAndShapeInfo;
struct OrtCustomOpDomain;
struct OrtSessionOptions;
struct OrtCustomOp;

constexpr uint32_t kApiVersion = 16;

enum ErrorCode : int { kFail = 1, kInvalidArgument = 2 };
enum ElementType : int { kFloat = 1, kUint8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7 };
enum Characteristic : int { kRequired = 0 };
enum MemoryType : int { kDefaultMemory = 0 };

// OrtApi: entries by index.
class Api {
 public:
  explicit Api(const void* table) : table_(static_cast<void* const*>(table)) {}

  OrtStatus* create_status(ErrorCode code, const char* message) const {
    return entry<OrtStatus*(int, const char*)>(0)(code, message);
  }
  void release_status(OrtStatus* status) const { entry<void(OrtStatus*)>(93)(status); }

  OrtStatus* create_domain(const char* name, OrtCustomOpDomain** out) const {
    return entry<OrtStatus*(const char*, OrtCustomOpDomain**)>(26)(name, out);
  }
  OrtStatus* add_op(OrtCustomOpDomain* domain, const OrtCustomOp* op) const {
    return entry<OrtStatus*(OrtCustomOpDomain*, const OrtCustomOp*)>(27)(domain, op);
  }
  OrtStatus* add_domain(OrtSessionOptions* options, OrtCustomOpDomain* domain) const {
    return entry<OrtStatus*(OrtSessionOptions*, OrtCustomOpDomain*)>(28)(options, domain);
  }

  OrtStatus* tensor_data(OrtValue* value, void** out) const {
    return entry<OrtStatus*(OrtValue*, void**)>(51)(value, out);
  }
  OrtStatus* rank(const OrtTensorTypeAndShapeInfo* info, size_t* out) const {
    return entry<OrtStatus*(const OrtTensorTypeAndShapeInfo*, size_t*)>(61)(info, out);
  }
  OrtStatus* dimensions(const OrtTensorTypeAndShapeInfo* info, int64_t* out, size_t count) const {
    return entry<OrtStatus*(const OrtTensorTypeAndShapeInfo*, int64_t*, size_t)>(62)(info, out, count);
  }
  OrtStatus* shape(const OrtValue* value, OrtTensorTypeAndShapeInfo** out) const {
    return entry<OrtStatus*(const OrtValue*, OrtTensorTypeAndShapeInfo**)>(65)(value, out);
  }
  void release_shape(OrtTensorTypeAndShapeInfo* info) const {
    entry<void(OrtTensorTypeAndShapeInfo*)>(99)(info);
  }

  OrtStatus* int_attribute(const OrtKernelInfo* info, const char* name, int64_t* out) const {
    return entry<OrtStatus*(const OrtKernelInfo*, const char*, int64_t*)>(86)(info, name, out);
  }
  // `size` counts the closing zero; with `out` null it is only asked for.
  OrtStatus* string_attribute(const OrtKernelInfo* info, const char* name, char* out, size_t* size) const {
    return entry<OrtStatus*(const OrtKernelInfo*, const char*, char*, size_t*)>(87)(info, name, out, size);
  }

  OrtStatus* input(const OrtKernelContext* context, size_t index, const OrtValue** out) const {
    return entry<OrtStatus*(const OrtKernelContext*, size_t, const OrtValue**)>(90)(context, index, out);
  }
  OrtStatus* output(OrtKernelContext* context, size_t index, const int64_t* dims, size_t rank,
                    OrtValue** out) const {
    using Function = OrtStatus*(OrtKernelContext*, size_t, const int64_t*, size_t, OrtValue**);
    return entry<Function>(91)(context, index, dims, rank, out);
  }

 private:
  template <typename Function>
  Function* entry(size_t index) const {
    return reinterpret_cast<Function*>(table_[index]);
  }
  void* const* table_;
};

struct OrtApiBase {
  const void* (*GetApi)(uint32_t version);
  const char* (*GetVersionString)();
};

// Members up to version 16.
struct OrtCustomOp {
  uint32_t version;
  void* (*CreateKernel)(const OrtCustomOp*, const void* api, const OrtKernelInfo*);
  const char* (*GetName)(const OrtCustomOp*);
  const char* (*GetExecutionProviderType)(const OrtCustomOp*);
  int (*GetInputType)(const OrtCustomOp*, size_t index);
  size_t (*GetInputTypeCount)(const OrtCustomOp*);
  int (*GetOutputType)(const OrtCustomOp*, size_t index);
  size_t (*GetOutputTypeCount)(const OrtCustomOp*);
  void (*KernelCompute)(void* kernel, OrtKernelContext*);
  void (*KernelDestroy)(void* kernel);
  int (*GetInputCharacteristic)(const OrtCustomOp*, size_t index);
  int (*GetOutputCharacteristic)(const OrtCustomOp*, size_t index);
  int (*GetInputMemoryType)(const OrtCustomOp*, size_t index);
  int (*GetVariadicInputMinArity)(const OrtCustomOp*);
  int (*GetVariadicInputHomogeneity)(const OrtCustomOp*);
  int (*GetVariadicOutputMinArity)(const OrtCustomOp*);
  int (*GetVariadicOutputHomogeneity)(const OrtCustomOp*);
  OrtStatus* (*CreateKernelV2)(const OrtCustomOp*, const void* api, const OrtKernelInfo*, void** kernel);
  OrtStatus* (*KernelComputeV2)(void* kernel, OrtKernelContext*);
};

}  // namespace tinyguard::ops
