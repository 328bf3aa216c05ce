/* How the functions of libgit2 are found, which most programs never need. */
#pragma once
#include <stddef.h>

/* A function, where its address goes, and its address where it is linked in. */
struct wanted {
  void **place;
  const char *name;
  void *linked;
};

#define WANTED(place, name) {(void **)&place, #name, (void *)name}

/* Finds all of them, linked in or in the library, which is loaded then: NULL, or why it can't. */
const char *cl_git_find(const struct wanted *wanted, size_t count);
