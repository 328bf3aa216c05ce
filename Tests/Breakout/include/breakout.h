/* Attempts to break out of a box. Each answers whether it got what the wall should keep from it. */
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum outcome { held = 0, escaped = 1 };

struct attempt {
  const char *name;
  enum outcome (*run)(void);
};

extern const struct attempt file_attempts[], mount_attempts[], secret_attempts[],
    process_attempts[], kernel_attempts[], network_attempts[];

/* A path below the directory that an environment variable names; its room is reused by turns. */
const char *below(const char *variable, const char *name);
#define OUTSIDE(name) below("BREAKOUT_OUTSIDE", name)
#define PROJECT(name) below("BREAKOUT_PROJECT", name)
#define SECRET(name) below("BREAKOUT_SECRET", name)
/* A number from the environment. */
long number(const char *variable);
/* Whether a file can be read and holds the secret; or written and then holds our mark. */
enum outcome reads_secret(const char *path);
enum outcome writes(const char *path);
enum outcome writes_to(int fd);
/* Escaped unless the call failed for want of permission or of a way in. */
enum outcome reached(long result);
/* Runs an attempt that may hang or die in a child; held when it does. */
enum outcome in_child(enum outcome (*run)(void));
