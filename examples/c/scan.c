/* Scans files, or standard input, and prints one line a text: the 16 bits in hexadecimal and what they mean.
 *
 *   ./scan [--model FOLDER] [--policy NAME] [--runtime LIBRARY] [--role user|tool|document|system] [FILE...]
 *
 * Exit status: 0 all safe, 3 something was found, 2 usage, 1 failure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tinyguard.h"

static const char* const threats[16] = {
    "benign",           "direct injection",   "jailbreak",         "obfuscation",
    "context overflow", "indirect injection", "prompt extraction", "harmful request",
    "reserved",         "reserved",           "reserved",          "reserved",
    "reserved",         "reserved",           "reserved",          "uncertain"};
static const char* const actions[4] = {"allow", "flag", "review", "block"};
static const char* const roles[4] = {"user", "tool", "document", "system"};

/* A whole file in memory that the caller frees; NULL if it cannot be read. */
static char* read_all(FILE* file, size_t* length) {
  size_t room = 1 << 16, used = 0, got;
  char* bytes = malloc(room);
  while (bytes != NULL && (got = fread(bytes + used, 1, room - used, file)) != 0) {
    used += got;
    if (used == room) {
      char* larger = realloc(bytes, room *= 2);
      if (larger == NULL) free(bytes);
      bytes = larger;
    }
  }
  if (bytes != NULL && ferror(file)) {
    free(bytes);
    bytes = NULL;
  }
  *length = used;
  return bytes;
}

/* 1 if something was found, 0 if not, -1 on failure. */
static int scan(const tinyguard_guard* guard, const char* name, FILE* file, tinyguard_role role) {
  size_t length = 0;
  uint16_t bits;
  char* text = file == NULL ? NULL : read_all(file, &length);
  tinyguard_status status;
  if (text == NULL) {
    fprintf(stderr, "%s: cannot be read\n", name);
    return -1;
  }
  status = tinyguard_scan(guard, text, length, role, &bits);
  free(text);
  if (status != TINYGUARD_OK) {
    fprintf(stderr, "%s: %s\n", name, tinyguard_message());
    return -1;
  }
  printf("%04x  %-18s  confidence %2u  severity %2u  %-6s  %s\n", bits, threats[tinyguard_threat(bits)],
         tinyguard_confidence(bits), tinyguard_severity(bits), actions[tinyguard_action(bits) & 3], name);
  return tinyguard_threat(bits) != TINYGUARD_THREAT_BENIGN;
}

static int usage(void) {
  fputs("usage: scan [--model FOLDER] [--policy NAME] [--runtime LIBRARY] [--role ROLE] [FILE...]\n", stderr);
  return 2;
}

int main(int argc, char** argv) {
  tinyguard_options options = TINYGUARD_OPTIONS_INIT;
  tinyguard_guard* guard = NULL;
  const char* model = NULL;
  int role = TINYGUARD_USER, found = 0, failed = 0, i;

  for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
    const char* value = i + 1 < argc ? argv[i + 1] : NULL;
    if (value == NULL) return usage();
    if (strcmp(argv[i], "--model") == 0) {
      model = value;
    } else if (strcmp(argv[i], "--policy") == 0) {
      options.policy = value;
    } else if (strcmp(argv[i], "--runtime") == 0) {
      options.runtime = value;
    } else if (strcmp(argv[i], "--role") == 0) {
      for (role = 0; role < 4 && strcmp(value, roles[role]) != 0;) ++role;
      if (role == 4) return usage();
    } else {
      return usage();
    }
  }
  if (tinyguard_open(model, &options, &guard) != TINYGUARD_OK) {
    fprintf(stderr, "%s\n", tinyguard_message());
    return 1;
  }
  if (i == argc) {
    const int result = scan(guard, "(standard input)", stdin, (tinyguard_role)role);
    found = result == 1;
    failed = result < 0;
  }
  for (; i < argc; ++i) {
    FILE* file = fopen(argv[i], "rb");
    const int result = scan(guard, argv[i], file, (tinyguard_role)role);
    if (file != NULL) fclose(file);
    found |= result == 1;
    failed |= result < 0;
  }
  tinyguard_close(guard);
  return failed ? 1 : found ? 3 : 0;
}
