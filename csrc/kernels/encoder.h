// Kernels of the encoder's INT8 layers: one table of functions per instruction set.
//
// The arithmetic is that of training/quantization/scheme.py. Activations are u8 with one scale and zero point
// per row, weights s8 in ±127 with one scale per output, sums INT32, everything else float32. Weights are
// packed [N/16][K/4][16][4]: 64 bytes are 16 outputs by 4 inputs, and are read where they lie. Every kernel
// computes a row in an order that does not depend on the other rows. AVX2, AVX-VNNI, AVX-512 and NEON give
// the same bits; the portable kernels have no fused multiply-add and differ in the last places of the float
// parts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyguard::kernels {

constexpr size_t kLanes = 16;  // floats of a vector, whatever the machine's registers hold
constexpr size_t kInputs = 4;  // inputs that one product instruction takes

// A quantized linear map: N outputs (a multiple of 16), K inputs (a multiple of 4).
struct Linear {
  const int8_t* weight;  // [N/16][K/4][16][4]
  const float* scale;    // [N]
  const float* bias;     // [N]
  const int32_t* sums;   // [N], sums of each output's weights
  size_t outputs;
  size_t inputs;
};

// Quantized rows u8 [rows][width]; x = (value - zero) * scale. A row that holds an infinity or a NaN, or
// whose range overflows, has the scale NaN, so that what is computed from it is NaN.
struct Rows {
  uint8_t* values;
  float* scale;   // [rows]
  int32_t* zero;  // [rows]
};

struct Norm {
  const float* gamma;
  const float* beta;
};

// One head of one text: q, k, v are [tokens][size] with rows `stride` floats apart. Up to 15 floats past a
// row's end are read and must be readable.
struct Head {
  const float* q;
  const float* k;
  const float* v;
  size_t stride;
  size_t tokens;
  size_t size;
};

struct EncoderKernels {
  const char* name;
  bool (*supported)();
  // float [width] (a multiple of 16) to one quantized row.
  void (*quantize)(const float* x, size_t width, const Rows& rows, size_t row);
  // The same of GELU(x), by erf; x is overwritten.
  void (*gelu_quantize)(float* x, size_t width, const Rows& rows, size_t row);
  // y[r][i] of the outputs 16 * panel … 16 * (panel + panels) for `count` rows; y's rows are `stride` floats
  // apart.
  void (*linear)(const Rows& x, size_t count, const Linear& map, size_t panel, size_t panels, float* y,
                 size_t stride);
  // softmax(q kᵀ / sqrt(size)) v to out, rows `out_stride` apart; scratch: attention_scratch(tokens, size)
  // floats. Products are of integers of 16 bits (generic/attention.inc); all NaN where an input is not
  // finite.
  void (*attention)(const Head& head, float* out, size_t out_stride, float* scratch);
  // y = LayerNorm(x + residual), eps 1e-12; y may be x or residual. width is a multiple of 16.
  void (*add_norm)(const float* x, const float* residual, const Norm& norm, size_t width, float* y);
  // y = LayerNorm(row * scale + position + shift).
  void (*embed)(const int8_t* row, float scale, const float* position, const float* shift, const Norm& norm,
                size_t width, float* y);
  // y += x * weight.
  void (*add_scaled)(const float* x, float weight, size_t width, float* y);
  float (*dot)(const float* a, const float* b, size_t width);
  // 2^x for x in [-126, 0], one value.
  float (*exp2)(float x);
  // Asks for a cache line that is needed soon; any address will do.
  void (*prefetch)(const int8_t* p);
};

// Query rows that no kernel exceeds in a block.
constexpr size_t kMostQueries = 12;

constexpr size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

// Floats of scratch that `attention` needs: keys and values in pairs of 16 bits; scores, weights and queries
// of a block, where 16 keys are rounded as well.
constexpr size_t attention_scratch(size_t tokens, size_t size) {
  const size_t keys = round_up(tokens, kLanes), width = round_up(size, 2 * kLanes);
  return keys * width + kMostQueries * (keys + keys / 2) + kLanes * width / 2;
}

// Implementations that this build has, slowest first; whether the machine runs one, `supported` says.
extern const EncoderKernels kPortableEncoder;
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define TINYGUARD_X86_ENCODERS 1
extern const EncoderKernels kAvx2Encoder;
extern const EncoderKernels kAvxVnniEncoder;
extern const EncoderKernels kAvx512VnniEncoder;
#else
#define TINYGUARD_X86_ENCODERS 0
#endif
#if defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
#define TINYGUARD_ARM_ENCODERS 1
extern const EncoderKernels kNeonEncoder;
#else
#define TINYGUARD_ARM_ENCODERS 0
#endif

}  // namespace tinyguard::kernels
