#include "CDifferential.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void cd_act_as(uid_t user, gid_t group) {
  /* The group first: a change of the user away from 0 takes the right to change it. */
  setfsuid(0);
  setfsgid(group);
  setfsuid(user);
}

int64_t cd_birth(int directory, const char *name) {
  struct statx status;
  if (statx(directory, name, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &status) != 0) return 0;
  return (int64_t)status.stx_btime.tv_sec * 1000000000 + status.stx_btime.tv_nsec;
}

int cd_force_status(int fd) {
  struct statx status;
  return statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &status);
}

ssize_t cd_map_write(int fd, int64_t offset, const void *bytes, size_t count) {
  int64_t first = offset & ~(int64_t)4095;
  size_t length = (size_t)(offset - first) + count;
  char *place = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, first);
  if (place == MAP_FAILED) return -1;
  memcpy(place + (offset - first), bytes, count);
  munmap(place, length);
  return (ssize_t)count;
}

uint64_t cd_hash(uint64_t before, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  uint64_t hash = before ^ 0xcbf29ce484222325u;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  for (; count > 0; count--, at++) hash = (hash ^ *at) * 0x100000001b3u;
  return hash;
}

void cd_pattern(uint64_t seed, void *bytes, size_t count) {
  unsigned char *at = bytes;
  uint64_t state = seed;
  while (count > 0) {
    state += 0x9E3779B97F4A7C15u;
    uint64_t word = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9u;
    word = (word ^ (word >> 27)) | 0x0101010101010101u;
    size_t part = count < 8 ? count : 8;
    memcpy(at, &word, part);
    at += part;
    count -= part;
  }
}

int cd_let_trace(void) {
  if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1) return -1;
  return raise(SIGSTOP);
}

int cd_next_call(pid_t process) {
  int status;
  if (ptrace(PTRACE_SYSCALL, process, 0, 0) == -1) return -1;
  if (waitpid(process, &status, 0) == -1) return -1;
  return WIFSTOPPED(status) ? 1 : 0;
}
