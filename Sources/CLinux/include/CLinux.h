/* System calls that Swift can't say: variadic ones, macros, and those glibc has no wrapper for.
 * They wrap, they never decide. Each returns what the system call returns and leaves errno. */
#pragma once
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "internet.h"
#include "namespaces.h"
#include "session.h"

int cl_openat(int dirfd, const char *path, int flags, mode_t mode);
int cl_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int cl_fcntl(int fd, int command, long argument);
int cl_ficlone(int destination, int source);
int cl_ficlonerange(int destination, int source, uint64_t from, uint64_t length, uint64_t to);
int cl_spread_subdirectories(int directory);
ssize_t cl_getdents64(int fd, void *buffer, size_t length);
int cl_close_range(unsigned first, unsigned last, unsigned flags);
int cl_pidfd_open(pid_t pid);
int cl_pidfd_send_signal(int pidfd, int signal);

/* One message with up to eight descriptors beside it. */
ssize_t cl_send_descriptors(int socket, const void *bytes, size_t length, const int *descriptors,
                            size_t count);
/* Receives one message; *count holds the room in descriptors, then how many came (close-on-exec). */
ssize_t cl_receive_descriptors(int socket, void *bytes, size_t length, int *descriptors,
                               size_t *count);

/* A pointer of this thread's own; each thread sets it before it reads it. */
void cl_set_thread_context(void *context);
void *cl_thread_context(void);

int cl_fuse_clone(int device, int mounted);
