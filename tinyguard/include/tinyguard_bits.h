/* The 16 bits of a TinyGuard verdict, for gateways in C and C++ (C99 or later, no dependencies).
 *
 *   bits  0-3   threat      0 means benign
 *   bits  4-7   confidence  0-15
 *   bits  8-11  severity    0-15
 *   bits 12-15  action
 *
 * Little-endian on the wire. tinyguard/verdict.py holds the same values; a test compares the two. */
#ifndef TINYGUARD_BITS_H
#define TINYGUARD_BITS_H

#include <stdint.h>

#define TINYGUARD_THREAT_MASK 0x000Fu
#define TINYGUARD_THREAT_SHIFT 0
#define TINYGUARD_CONFIDENCE_MASK 0x00F0u
#define TINYGUARD_CONFIDENCE_SHIFT 4
#define TINYGUARD_SEVERITY_MASK 0x0F00u
#define TINYGUARD_SEVERITY_SHIFT 8
#define TINYGUARD_ACTION_MASK 0xF000u
#define TINYGUARD_ACTION_SHIFT 12

/* Threat codes; 8-14 are reserved. */
#define TINYGUARD_THREAT_BENIGN 0
#define TINYGUARD_THREAT_DIRECT_INJECTION 1
#define TINYGUARD_THREAT_JAILBREAK 2
#define TINYGUARD_THREAT_OBFUSCATION 3
#define TINYGUARD_THREAT_CONTEXT_OVERFLOW 4
#define TINYGUARD_THREAT_INDIRECT_INJECTION 5
#define TINYGUARD_THREAT_PROMPT_EXTRACTION 6
#define TINYGUARD_THREAT_HARMFUL_REQUEST 7
#define TINYGUARD_THREAT_UNCERTAIN 15 /* defer to a slower check */

/* Action codes; 4-15 are reserved. */
#define TINYGUARD_ACTION_ALLOW 0
#define TINYGUARD_ACTION_FLAG 1
#define TINYGUARD_ACTION_REVIEW 2
#define TINYGUARD_ACTION_BLOCK 3

static inline unsigned tinyguard_threat(uint16_t bits) {
  return (bits & TINYGUARD_THREAT_MASK) >> TINYGUARD_THREAT_SHIFT;
}

static inline unsigned tinyguard_confidence(uint16_t bits) {
  return (bits & TINYGUARD_CONFIDENCE_MASK) >> TINYGUARD_CONFIDENCE_SHIFT;
}

static inline unsigned tinyguard_severity(uint16_t bits) {
  return (bits & TINYGUARD_SEVERITY_MASK) >> TINYGUARD_SEVERITY_SHIFT;
}

static inline unsigned tinyguard_action(uint16_t bits) {
  return (bits & TINYGUARD_ACTION_MASK) >> TINYGUARD_ACTION_SHIFT;
}

/* Each field is cut to its four bits. */
static inline uint16_t tinyguard_encode(unsigned threat, unsigned confidence, unsigned severity,
                                        unsigned action) {
  return (uint16_t)(((threat << TINYGUARD_THREAT_SHIFT) & TINYGUARD_THREAT_MASK) |
                    ((confidence << TINYGUARD_CONFIDENCE_SHIFT) & TINYGUARD_CONFIDENCE_MASK) |
                    ((severity << TINYGUARD_SEVERITY_SHIFT) & TINYGUARD_SEVERITY_MASK) |
                    ((action << TINYGUARD_ACTION_SHIFT) & TINYGUARD_ACTION_MASK));
}

/* From and to the two bytes of the wire, on any machine. */
static inline uint16_t tinyguard_load(const uint8_t wire[2]) {
  return (uint16_t)(wire[0] | ((unsigned)wire[1] << 8));
}

static inline void tinyguard_store(uint16_t bits, uint8_t wire[2]) {
  wire[0] = (uint8_t)(bits & 0xFFu);
  wire[1] = (uint8_t)(bits >> 8);
}

#endif /* TINYGUARD_BITS_H */
