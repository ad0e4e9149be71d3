// The border to ONNX Runtime: `RegisterCustomOps`, and the functions behind every OrtCustomOp of this
// library.
//
// ONNX Runtime keeps pointers to the ops, so they and the domain live as long as the process. Nothing is
// thrown past these functions.
#include <new>
#include <vector>

#include "layers/select.h"
#include "ops/kernel.h"

#if defined(_WIN32)
#define TINYGUARD_EXPORT __declspec(dllexport)
#else
#define TINYGUARD_EXPORT __attribute__((visibility("default")))
#endif

namespace tinyguard::ops {
namespace {

struct RegisteredOp : OrtCustomOp {
  const Op* op;
};

struct Kernel {
  Api api;
  const Op* op;
  const kernels::EncoderKernels* kernels;
  Attributes attributes;
};

const Op& op_of(const OrtCustomOp* self) { return *static_cast<const RegisteredOp*>(self)->op; }

OrtStatus* refuse(const Api& api, const Op& op, const char* message) {
  try {
    return api.create_status(kInvalidArgument,
                             ("tinyguard." + std::string(op.name) + ": " + message).c_str());
  } catch (const std::bad_alloc&) {
    return api.create_status(kFail, "tinyguard: out of memory");
  }
}

void read_int(const Api& api, const OrtKernelInfo* info, const char* name, int64_t& value) {
  OrtStatus* status = api.int_attribute(info, name, &value);
  if (status == nullptr) return;
  api.release_status(status);
  throw Refusal{std::string("the attribute ") + name + " is missing"};
}

// The optional attribute `isa`: empty when absent.
std::string read_isa(const Api& api, const OrtKernelInfo* info) {
  char text[32];
  size_t size = sizeof(text);
  OrtStatus* status = api.string_attribute(info, "isa", text, &size);
  if (status == nullptr) return std::string(text, size > 0 ? size - 1 : 0);
  api.release_status(status);
  return {};
}

OrtStatus* create_kernel(const OrtCustomOp* self, const void* table, const OrtKernelInfo* info, void** out) {
  const Api api(table);
  const Op& op = op_of(self);
  try {
    Kernel kernel{api, &op, nullptr, {}};
    if (op.heads) read_int(api, info, "heads", kernel.attributes.heads);
    if (op.experts_per_token) read_int(api, info, "experts_per_token", kernel.attributes.experts_per_token);
    if (op.prototypes) read_int(api, info, "prototypes", kernel.attributes.prototypes);
    std::string error;
    kernel.kernels = layers::select(read_isa(api, info), error);
    if (kernel.kernels == nullptr) throw Refusal{error};
    *out = new Kernel(kernel);
    return nullptr;
  } catch (const Refusal& refusal) {
    return refuse(api, op, refusal.message.c_str());
  } catch (const std::bad_alloc&) {
    return api.create_status(kFail, "tinyguard: out of memory");
  }
}

OrtStatus* compute(void* self, OrtKernelContext* context) {
  const Kernel& kernel = *static_cast<const Kernel*>(self);
  try {
    kernel.op->compute(Call(kernel.api, context, *kernel.kernels, kernel.attributes));
    return nullptr;
  } catch (const Refusal& refusal) {
    return refuse(kernel.api, *kernel.op, refusal.message.c_str());
  } catch (const std::bad_alloc&) {
    return kernel.api.create_status(kFail, "tinyguard: out of memory");
  }
}

RegisteredOp registered(const Op& op) {
  RegisteredOp self{};
  self.op = &op;
  self.version = kApiVersion;
  self.GetName = [](const OrtCustomOp* it) { return op_of(it).name; };
  self.GetExecutionProviderType = [](const OrtCustomOp*) -> const char* { return nullptr; };
  self.GetInputType = [](const OrtCustomOp* it, size_t i) -> int { return op_of(it).inputs[i]; };
  self.GetInputTypeCount = [](const OrtCustomOp* it) { return op_of(it).input_count; };
  self.GetOutputType = [](const OrtCustomOp* it, size_t i) -> int { return op_of(it).outputs[i]; };
  self.GetOutputTypeCount = [](const OrtCustomOp* it) { return op_of(it).output_count; };
  self.KernelDestroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
  self.GetInputCharacteristic = [](const OrtCustomOp*, size_t) -> int { return kRequired; };
  self.GetOutputCharacteristic = [](const OrtCustomOp*, size_t) -> int { return kRequired; };
  self.GetInputMemoryType = [](const OrtCustomOp*, size_t) -> int { return kDefaultMemory; };
  self.GetVariadicInputMinArity = [](const OrtCustomOp*) { return 0; };
  self.GetVariadicInputHomogeneity = [](const OrtCustomOp*) { return 0; };
  self.GetVariadicOutputMinArity = [](const OrtCustomOp*) { return 0; };
  self.GetVariadicOutputHomogeneity = [](const OrtCustomOp*) { return 0; };
  self.CreateKernelV2 = create_kernel;
  self.KernelComputeV2 = compute;
  return self;
}

struct Domain {
  std::vector<RegisteredOp> ops;
  OrtCustomOpDomain* handle = nullptr;
  OrtStatus* error = nullptr;

  explicit Domain(const Api& api) {
    for (size_t i = 0; i < kOpCount; ++i) ops.push_back(registered(kOps[i]));
    error = api.create_domain("tinyguard", &handle);
    for (size_t i = 0; error == nullptr && i < ops.size(); ++i) error = api.add_op(handle, &ops[i]);
  }
};

}  // namespace
}  // namespace tinyguard::ops

extern "C" TINYGUARD_EXPORT tinyguard::ops::OrtStatus* RegisterCustomOps(
    tinyguard::ops::OrtSessionOptions* options, const tinyguard::ops::OrtApiBase* base) {
  using namespace tinyguard;
  const void* table = base->GetApi(ops::kApiVersion);
  // Without the table there is nothing to make a status with; onnxruntime before 1.16 is refused by the
  // package.
  if (table == nullptr) return nullptr;
  const ops::Api api(table);
  try {
    std::string error;
    if (layers::select({}, error) == nullptr) {
      return api.create_status(ops::kInvalidArgument, ("TINYGUARD_FORCE_ISA: " + error).c_str());
    }
    static ops::Domain* domain = new ops::Domain(api);
    if (domain->handle == nullptr || domain->error != nullptr) {
      return api.create_status(ops::kFail, "tinyguard: the custom ops could not be made");
    }
    return api.add_domain(options, domain->handle);
  } catch (const std::bad_alloc&) {
    return api.create_status(ops::kFail, "tinyguard: out of memory");
  }
}
