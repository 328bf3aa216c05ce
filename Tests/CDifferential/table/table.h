/* A table of POSIX cases: calls and what came of them, one a line, to be compared between trees. */
#pragma once
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../include/CDifferential.h"

/* Makes a call and says what came of it: its result, or the name of its error. */
#define TRY(call)                     \
  do {                                \
    errno = 0;                        \
    table_say(#call, (long)(call));   \
  } while (0)
/* Opens and closes: 0, or -1. */
#define OPEN(...) table_close(open(__VA_ARGS__))

void table_say(const char *call, long result);
int table_close(int fd);
/* Everything that lstat(2), readlink(2) and the calls for attributes tell of a path. */
void table_show(const char *path);
/* Size and sum of what a file holds. */
void table_sum(const char *path);
/* The names of a directory, with their kinds and whether their numbers are the files' own. */
void table_list(const char *path);
/* A file of so many bytes. */
void table_put(const char *path, mode_t mode, size_t size);

/* Names of 255 and of 256 bytes, and a path longer than PATH_MAX. */
extern char table_long_name[256], table_too_long_name[257], table_long_path[5000];
/* Whether calls are root's, which may give files away and act as others. */
extern int table_is_root;

void table_opening(void);
void table_directories(void);
void table_unlinking(void);
void table_linking(void);
void table_special(void);
void table_renaming(void);
void table_exchanging(void);
void table_modes(void);
void table_owners(void);
void table_users(void);
void table_times(void);
void table_what_moves_times(void);
void table_content(void);
void table_space(void);
void table_copying(void);
void table_mapping(void);
void table_blocks(void);
void table_attributes(void);
void table_trusted_attributes(void);
void table_listing(void);
void table_dead_directories(void);
void table_limits(void);
