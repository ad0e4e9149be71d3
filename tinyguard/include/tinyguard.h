/* TinyGuard for gateways in C, C++, Rust, Go and whatever else calls C (C99 or later).
 *
 *   tinyguard_guard *guard;
 *   if (tinyguard_open(NULL, NULL, &guard) != TINYGUARD_OK) { fputs(tinyguard_message(), stderr); exit(1); }
 *   uint16_t bits;
 *   tinyguard_scan(guard, text, length, TINYGUARD_USER, &bits);
 *   if (tinyguard_action(bits) == TINYGUARD_ACTION_BLOCK) ...
 *   tinyguard_close(guard);
 *
 * Link with -ltinyguard. The model runs on the ONNX Runtime shared library, which is loaded by
 * tinyguard_open; its headers are not needed. The bits are those of Guard.classify(...).bits in Python, see
 * tinyguard_bits.h. A scan logs nothing and keeps nothing of the text. */
#ifndef TINYGUARD_H
#define TINYGUARD_H

#include <stddef.h>
#include <stdint.h>

#include "tinyguard_bits.h"

#if defined(__GNUC__)
#define TINYGUARD_API __attribute__((visibility("default")))
#else
#define TINYGUARD_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tinyguard_status {
  TINYGUARD_OK = 0,
  TINYGUARD_BAD_ARGUMENT = 1, /* a null pointer, an unknown role, options of another size */
  TINYGUARD_BAD_MODEL = 2,    /* a file of the model is missing, damaged or of another format */
  TINYGUARD_BAD_POLICY = 3,   /* an unknown policy, or a policy file that is none */
  TINYGUARD_NO_RUNTIME = 4,   /* the ONNX Runtime library was not found or is too old */
  TINYGUARD_RUN_FAILED = 5,   /* ONNX Runtime could not run the model */
  TINYGUARD_NO_MEMORY = 6,
  TINYGUARD_INTERNAL = 7
} tinyguard_status;

/* Who a text comes from. */
typedef enum tinyguard_role {
  TINYGUARD_USER = 0,
  TINYGUARD_TOOL = 1,
  TINYGUARD_DOCUMENT = 2,
  TINYGUARD_SYSTEM = 3
} tinyguard_role;

/* Start with TINYGUARD_OPTIONS_INIT; NULL stands for the default everywhere. */
typedef struct tinyguard_options {
  size_t size;             /* sizeof(tinyguard_options), by which later versions know this one */
  const char* policy;      /* "strict", "balanced" (the default) or "permissive" */
  const char* policy_file; /* JSON with the fields of tinyguard.Policy, instead of `policy` */
  const char*
      runtime; /* the ONNX Runtime library; otherwise the environment variable TINYGUARD_ONNXRUNTIME names
                  it, and if that is not set either, the system's loader looks for libonnxruntime */
  const char* operators; /* the operators' library; default: libtinyguard_ops.so beside this library. The
                            model runs in standard operators, more slowly, if it is "" or there is none */
  const char* language;  /* language.bin; default: data/language.bin beside this library */
} tinyguard_options;

#define TINYGUARD_OPTIONS_INIT {sizeof(tinyguard_options), NULL, NULL, NULL, NULL, NULL}

typedef struct tinyguard_guard tinyguard_guard;

/* Load a model folder (default: weights/ beside this library), each of its files verified by the SHA-256 in
 * its model.json. On failure *guard is NULL. ONNX Runtime is kept from reporting its use over the network:
 * the environment variable ORT_DISABLE_TELEMETRY is set to 1 unless it is set already. */
TINYGUARD_API tinyguard_status tinyguard_open(const char* model, const tinyguard_options* options,
                                              tinyguard_guard** guard);

/* Scan `length` bytes of UTF-8, which may contain NUL; invalid sequences are read as U+FFFD. An empty text is
 * benign, and `text` may then be NULL. Any number of threads may scan with one guard at the same time. On
 * failure the bits say "uncertain, block", so that a caller who does not look at the status fails closed. */
TINYGUARD_API tinyguard_status tinyguard_scan(const tinyguard_guard* guard, const char* text, size_t length,
                                              tinyguard_role role, uint16_t* bits);

/* Give back what tinyguard_open took; no scan may be running. NULL is allowed. */
TINYGUARD_API void tinyguard_close(tinyguard_guard* guard);

/* What went wrong in this thread's last call that failed; "" if none did. Valid until this thread's next
 * call. It names files and never holds any of a text. */
TINYGUARD_API const char* tinyguard_message(void);

/* The version of the library, for example "0.1.0". */
TINYGUARD_API const char* tinyguard_version(void);

#ifdef __cplusplus
}
#endif

#endif /* TINYGUARD_H */
