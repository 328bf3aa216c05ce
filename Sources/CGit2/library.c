#include "library.h"

#include <dlfcn.h>
#include <git2.h>

const char *cl_git_find(const struct wanted *wanted, size_t count) {
  void *library = NULL;
  if (!wanted[0].linked) {
    library = dlopen("libgit2.so." LIBGIT2_SOVERSION, RTLD_NOW | RTLD_LOCAL);
    if (!library) return "cannot load libgit2.so." LIBGIT2_SOVERSION ": install libgit2";
  }
  for (size_t i = 0; i < count; i++) {
    *wanted[i].place = wanted[i].linked ? wanted[i].linked : dlsym(library, wanted[i].name);
    if (!*wanted[i].place)
      return "libgit2.so." LIBGIT2_SOVERSION " lacks a function: install libgit2 again";
  }
  return NULL;
}
