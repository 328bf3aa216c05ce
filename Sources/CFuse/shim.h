/* libfuse's interfaces, by inode for the overlay and by path for a live directory, and the kernel's own structures for what libfuse does not know. */
#define FUSE_USE_VERSION 314
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
