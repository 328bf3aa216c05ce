/* Reading what is masked, and what only root could read, by every name. */
#include "breakout.h"

#include <sys/stat.h>

static enum outcome directly(void) { return reads_secret(SECRET("key")); }

static enum outcome by_symlink(void) {
  const char *link = PROJECT("peek");
  unlink(link);
  if (symlink(SECRET("key"), link) == -1) return held;
  enum outcome outcome = reads_secret(link);
  unlink(link);
  return outcome;
}

static enum outcome by_hard_link(void) {
  const char *name = PROJECT("peek2");
  unlink(name);
  if (link(SECRET("key"), name) == -1) return held;
  enum outcome outcome = reads_secret(name);
  unlink(name);
  return outcome;
}

static enum outcome by_root(const char *process) {
  char path[8192];
  snprintf(path, sizeof path, "/proc/%s/root%s", process, SECRET("key"));
  return reads_secret(path);
}

static enum outcome by_own_root(void) { return by_root("self"); }
static enum outcome by_root_of_init(void) {
  const char *process = getenv("BREAKOUT_INIT");
  return by_root(process ? process : "1");
}

static enum outcome by_root_of_keeper(void) {
  char text[32];
  snprintf(text, sizeof text, "%ld", number("BREAKOUT_PROCESS"));
  return by_root(text);
}

static enum outcome by_dots(void) {
  char path[8192];
  if (chdir(PROJECT("")) == -1) return held;
  snprintf(path, sizeof path, "../../../../../../..%s", SECRET("key"));
  return reads_secret(path);
}

static enum outcome by_directory(void) {
  int directory = open(SECRET(""), O_RDONLY | O_DIRECTORY);
  int fd = directory == -1 ? -1 : openat(directory, "key", O_RDONLY);
  if (fd == -1) return held;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return reads_secret(path);
}


static enum outcome linked_file(void) {
  const char *path = getenv("BREAKOUT_SECRET_LINK");
  return path ? reads_secret(path) : held;
}

static enum outcome masked_file(void) {
  const char *path = getenv("BREAKOUT_SECRET_FILE");
  return path ? reads_secret(path) : held;
}

static enum outcome shadow(void) {
  int fd = open("/etc/shadow", O_RDONLY);
  char byte;
  return fd != -1 && read(fd, &byte, 1) == 1 ? escaped : held;
}

static enum outcome state(void) {
  const char *path = getenv("BREAKOUT_STATE");
  char name[8192];
  snprintf(name, sizeof name, "%s/key", path ? path : "/nonexistent");
  return reads_secret(name);
}

static enum outcome write_state(void) {
  const char *path = getenv("BREAKOUT_STATE");
  char name[8192];
  snprintf(name, sizeof name, "%s/key", path ? path : "/nonexistent");
  return writes(name);
}

static enum outcome environment_of_keeper(void) {
  char path[64], byte;
  snprintf(path, sizeof path, "/proc/%ld/environ", number("BREAKOUT_PROCESS"));
  int fd = open(path, O_RDONLY);
  return fd != -1 && read(fd, &byte, 1) == 1 ? escaped : held;
}

static enum outcome kernel_addresses(void) {
  int fd = open("/proc/kallsyms", O_RDONLY);
  char byte;
  return fd != -1 && read(fd, &byte, 1) == 1 ? escaped : held;
}

static enum outcome host_temporary(void) {
  const char *path = getenv("BREAKOUT_TEMPORARY");
  return path ? reads_secret(path) : held;
}

const struct attempt secret_attempts[] = {
    {"read-secret", directly},
    {"read-secret-by-symlink", by_symlink},
    {"read-secret-by-hard-link", by_hard_link},
    {"read-secret-by-own-root", by_own_root},
    {"read-secret-by-root-of-init", by_root_of_init},
    {"read-secret-by-root-of-keeper", by_root_of_keeper},
    {"read-secret-by-dots", by_dots},
    {"read-secret-by-directory", by_directory},
    {"read-masked-file", masked_file},
    {"read-masked-symlink", linked_file},
    {"read-shadow", shadow},
    {"read-state", state},
    {"write-state", write_state},
    {"read-environment-of-keeper", environment_of_keeper},
    {"read-kernel-symbols", kernel_addresses},
    {"read-host-tmp", host_temporary},
    {NULL, NULL},
};
