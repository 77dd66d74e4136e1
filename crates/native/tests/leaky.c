/* A library that allocates as it is told: the sampler's tests load it while the sampler runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) void *leaky_malloc(size_t size) {
  void *block = malloc(size);
  return block ? memset(block, 1, size) : block;
}

__attribute__((noinline)) void *leaky_calloc(size_t size) {
  void *block = calloc(1, size);
  return block ? memset(block, 1, size) : block;
}

__attribute__((noinline)) void *leaky_aligned(size_t size) {
  void *block = 0;
  return posix_memalign(&block, 64, size) ? 0 : memset(block, 1, size);
}

__attribute__((noinline)) void *leaky_realloc(void *block, size_t size) {
  void *moved = realloc(block, size);
  return moved ? memset(moved, 1, size) : moved;
}

__attribute__((noinline)) void leaky_free(void *block) { free(block); }

__attribute__((noinline)) int leaky_errno(void *block) {
  errno = 123;
  free(block);
  return errno;
}
