/* Eight threads scan the same texts with one guard, each beginning at another, and must find the bits of a
 * first, single thread. Arguments: model, runtime, language, files. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tinyguard.h"

enum { THREADS = 8, ROUNDS = 5, MOST = 64, LENGTH = 1 << 16 };

static tinyguard_guard* guard;
static char texts[MOST][LENGTH];
static size_t lengths[MOST];
static uint16_t wanted[MOST];
static int count;

static void* scan_all(void* first) {
  size_t wrong = 0;
  int i;
  for (i = 0; i < ROUNDS * count; ++i) {
    const int k = (i + *(int*)first) % count;
    uint16_t bits;
    wrong += tinyguard_scan(guard, texts[k], lengths[k], (tinyguard_role)(k % 4), &bits) != TINYGUARD_OK;
    wrong += bits != wanted[k];
    /* A failure is this thread's own. */
    wrong += tinyguard_scan(NULL, "", 0, TINYGUARD_USER, &bits) != TINYGUARD_BAD_ARGUMENT;
    wrong += tinyguard_message()[0] == '\0';
  }
  return (void*)wrong;
}

int main(int argc, char** argv) {
  tinyguard_options options = TINYGUARD_OPTIONS_INIT;
  pthread_t threads[THREADS];
  int first[THREADS], i;
  size_t wrong = 0;
  options.runtime = argv[2];
  options.language = argv[3];
  options.operators = "";
  if (tinyguard_open(argv[1], &options, &guard) != TINYGUARD_OK) {
    fprintf(stderr, "%s\n", tinyguard_message());
    return 1;
  }
  for (count = 0; count < argc - 4 && count < MOST; ++count) {
    FILE* file = fopen(argv[4 + count], "rb");
    lengths[count] = fread(texts[count], 1, LENGTH, file);
    fclose(file);
    tinyguard_scan(guard, texts[count], lengths[count], (tinyguard_role)(count % 4), &wanted[count]);
  }
  for (i = 0; i < THREADS; ++i) {
    first[i] = i * 5;
    pthread_create(&threads[i], NULL, scan_all, &first[i]);
  }
  for (i = 0; i < THREADS; ++i) {
    void* result;
    pthread_join(threads[i], &result);
    wrong += (size_t)result;
  }
  tinyguard_close(guard);
  printf("%d texts, %zu wrong\n", count, wrong);
  return wrong != 0;
}
