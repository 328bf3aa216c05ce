/* libfuse's low-level interface, and the kernel's own structures for what libfuse does not know. */
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
