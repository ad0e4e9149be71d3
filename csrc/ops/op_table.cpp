// The ops by name, with the types of their inputs and outputs. README.md beside this file describes them.
#include "ops/kernel.h"

namespace tinyguard::ops {
namespace {

#define TINYGUARD_LINEAR kInt8, kFloat, kFloat, kInt32
#define TINYGUARD_NORM kFloat, kFloat

constexpr ElementType kEmbeddingInputs[] = {kInt64, kInt8, kFloat, kFloat, kFloat, TINYGUARD_NORM};
constexpr ElementType kDenseInputs[] = {kFloat,         kInt64,           TINYGUARD_LINEAR, TINYGUARD_LINEAR,
                                        TINYGUARD_NORM, TINYGUARD_LINEAR, TINYGUARD_LINEAR, TINYGUARD_NORM};
constexpr ElementType kExpertInputs[] = {kFloat,           kInt64,           TINYGUARD_LINEAR,
                                         TINYGUARD_LINEAR, TINYGUARD_NORM,   kFloat,
                                         TINYGUARD_LINEAR, TINYGUARD_LINEAR, TINYGUARD_NORM};
constexpr ElementType kLinearInputs[] = {kFloat, TINYGUARD_LINEAR};
constexpr ElementType kTextInputs[] = {kFloat, kInt64};
constexpr ElementType kScaleInputs[] = {kFloat, kInt64, kInt64, kFloat};
constexpr ElementType kPatternInputs[] = {kFloat, kInt64, TINYGUARD_LINEAR, TINYGUARD_LINEAR};
constexpr ElementType kRouterInputs[] = {kFloat, kFloat, kInt64, kFloat, kFloat, kFloat, kFloat, kFloat};
constexpr ElementType kNgramInputs[] = {kInt64, kInt64, kInt8, kFloat};
constexpr ElementType kOneFloat[] = {kFloat};
constexpr ElementType kAddNormInputs[] = {kFloat, kFloat, TINYGUARD_NORM};
constexpr ElementType kQuantized[] = {kUint8, kFloat, kInt32};
constexpr ElementType kQuantizedAndFloat[] = {kUint8, kFloat, kInt32, kFloat};

template <size_t Inputs, size_t Outputs>
constexpr Op op(const char* name, const ElementType (&inputs)[Inputs], const ElementType (&outputs)[Outputs],
                Compute compute, bool heads = false, bool experts = false, bool prototypes = false) {
  return {name, inputs, Inputs, outputs, Outputs, compute, heads, experts, prototypes};
}

}  // namespace

const Op kOps[] = {
    op("Embedding", kEmbeddingInputs, kOneFloat, compute_embedding),
    op("DenseLayer", kDenseInputs, kOneFloat, compute_dense_layer, true),
    op("ExpertLayer", kExpertInputs, kOneFloat, compute_expert_layer, true, true),
    op("FineLinear", kLinearInputs, kOneFloat, compute_fine_linear),
    op("Pool", kTextInputs, kOneFloat, compute_pool),
    op("PoolScales", kScaleInputs, kOneFloat, compute_pool_scales),
    op("HighestCosines", kPatternInputs, kOneFloat, compute_highest_cosines, false, false, true),
    op("Router", kRouterInputs, kOneFloat, compute_router),
    op("Ngrams", kNgramInputs, kOneFloat, compute_ngrams),
    op("Linear", kLinearInputs, kOneFloat, compute_linear),
    op("Quantize", kOneFloat, kQuantized, compute_quantize),
    op("GeluQuantize", kOneFloat, kQuantizedAndFloat, compute_gelu_quantize),
    op("HeadAttention", kOneFloat, kOneFloat, compute_attention),
    op("AddNorm", kAddNormInputs, kOneFloat, compute_add_norm),
};
const size_t kOpCount = sizeof(kOps) / sizeof(kOps[0]);

}  // namespace tinyguard::ops
