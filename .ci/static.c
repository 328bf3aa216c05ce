// Linked into the static program only: the C library's own dladdr(3) finds nothing in one, and the
// Swift runtime, which asks it for its path before main, ends the program where there is no /proc.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>

extern char __executable_start[];

int dladdr(const void *address, Dl_info *found) {
  (void)address;
  // There is but one object that an address can be in: the program.
  *found = (Dl_info){.dli_fname = program_invocation_name, .dli_fbase = __executable_start};
  return 1;
}
