/* Writing to the host by every name that leads there. */
#include "breakout.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>

static enum outcome write_directly(void) { return writes(OUTSIDE("victim")); }

static enum outcome write_by_symlink(void) {
  const char *link = PROJECT("link");
  unlink(link);
  if (symlink(OUTSIDE("victim"), link) == -1) return held;
  enum outcome outcome = writes(link);
  unlink(link);
  return outcome;
}

static enum outcome write_by_hard_link(void) {
  const char *name = PROJECT("hard");
  unlink(name);
  if (link(OUTSIDE("victim"), name) == -1) return held;
  enum outcome outcome = writes(name);
  unlink(name);
  return outcome;
}

static enum outcome write_by_dots(void) {
  char path[8192];
  if (chdir(PROJECT("")) == -1) return held;
  snprintf(path, sizeof path, "../../../../../../../../..%s", OUTSIDE("victim"));
  return writes(path);
}

static enum outcome create(void) {
  int fd = open(OUTSIDE("new"), O_WRONLY | O_CREAT, 0600);
  enum outcome outcome = writes_to(fd);
  unlink(OUTSIDE("new"));
  return outcome;
}

static enum outcome make_directory(void) {
  int result = mkdir(OUTSIDE("newdir"), 0700);
  rmdir(OUTSIDE("newdir"));
  return reached(result);
}

static enum outcome rename_out(void) {
  int fd = open(PROJECT("moved"), O_WRONLY | O_CREAT, 0600);
  if (fd != -1) close(fd);
  int result = rename(PROJECT("moved"), OUTSIDE("moved"));
  unlink(OUTSIDE("moved"));
  return result == 0 ? escaped : held;
}

static enum outcome rename_within(void) {
  int result = rename(OUTSIDE("victim"), OUTSIDE("renamed"));
  if (result == 0) result = rename(OUTSIDE("renamed"), OUTSIDE("victim"));
  return reached(result);
}

static enum outcome remove_file(void) {
  int result = unlink(OUTSIDE("victim"));
  if (result == 0) close(open(OUTSIDE("victim"), O_WRONLY | O_CREAT, 0600));
  return reached(result);
}

static enum outcome change_mode(void) { return reached(chmod(OUTSIDE("victim"), 0600)); }

static enum outcome change_owner(void) {
  return reached(chown(OUTSIDE("victim"), getuid(), getgid()));
}

static enum outcome cut(void) { return reached(truncate(OUTSIDE("victim"), 0)); }

static enum outcome change_times(void) { return reached(utimes(OUTSIDE("victim"), NULL)); }

static enum outcome set_attribute(void) {
  return reached(setxattr(OUTSIDE("victim"), "user.breakout", "x", 1, 0));
}

static enum outcome reopen_descriptor(void) {
  char path[64];
  int fd = open(OUTSIDE("victim"), O_RDONLY);
  if (fd == -1) return held;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return writes(path);
}

static enum outcome reopen_path_descriptor(void) {
  char path[64];
  int fd = open(OUTSIDE("victim"), O_PATH);
  if (fd == -1) return held;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return writes(path);
}

static enum outcome by_own_root(void) {
  char path[8192];
  snprintf(path, sizeof path, "/proc/self/root%s", OUTSIDE("victim"));
  return writes(path);
}

static enum outcome by_root_of_init(void) {
  char path[8192];
  snprintf(path, sizeof path, "/proc/%ld/root%s", number("BREAKOUT_INIT"), OUTSIDE("victim"));
  return writes(path);
}

static enum outcome by_directory_of_parent(void) {
  char path[8192];
  snprintf(path, sizeof path, "/proc/%d/cwd/../../../../../../..%s", getppid(), OUTSIDE("victim"));
  return writes(path);
}

static enum outcome by_handle(void) {
  struct {
    struct file_handle handle;
    unsigned char room[128];
  } file = {.handle = {.handle_bytes = 128}};
  int mount;
  if (name_to_handle_at(AT_FDCWD, OUTSIDE("victim"), &file.handle, &mount, 0) == -1) return held;
  int directory = open(OUTSIDE(""), O_RDONLY | O_DIRECTORY);
  return writes_to(open_by_handle_at(directory, &file.handle, O_WRONLY));
}

static enum outcome by_mapping(void) {
  /* A shared mapping of a file opened for reading can't be written; copy_file_range can't either. */
  int from = open(PROJECT("source"), O_RDWR | O_CREAT, 0600);
  int to = open(OUTSIDE("victim"), O_RDWR);
  if (from == -1 || to == -1 || write(from, "BROKEN", 6) != 6) return held;
  off_t start = 0;
  return reached(copy_file_range(from, &start, to, NULL, 6, 0));
}

static enum outcome make_device(void) {
  dev_t disk = 0;
  struct stat status;
  if (stat("/", &status) == 0) disk = status.st_dev;
  const char *name = PROJECT("disk");
  unlink(name);
  int result = mknod(name, S_IFBLK | 0600, disk ? disk : 0xfe00);
  unlink(name);
  return result == 0 ? escaped : held;
}

static enum outcome make_memory_device(void) {
  const char *name = PROJECT("mem");
  unlink(name);
  int result = mknod(name, S_IFCHR | 0600, 1 << 8 | 1);
  unlink(name);
  return result == 0 ? escaped : held;
}

static enum outcome host_devices(void) {
  const char *names[] = {"/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/nvme0n1",
                         "/dev/loop-control", "/dev/cpu_dma_latency"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (access(names[i], F_OK) == 0) return escaped;
  return held;
}

static enum outcome system_files(void) { return reached(access("/etc/passwd", W_OK)); }

const struct attempt file_attempts[] = {
    {"write-directly", write_directly},
    {"write-by-symlink", write_by_symlink},
    {"write-by-hard-link", write_by_hard_link},
    {"write-by-dots", write_by_dots},
    {"create-outside", create},
    {"make-directory-outside", make_directory},
    {"rename-out", rename_out},
    {"rename-outside", rename_within},
    {"remove-outside", remove_file},
    {"change-mode-outside", change_mode},
    {"change-owner-outside", change_owner},
    {"truncate-outside", cut},
    {"change-times-outside", change_times},
    {"set-attribute-outside", set_attribute},
    {"reopen-descriptor", reopen_descriptor},
    {"reopen-path-descriptor", reopen_path_descriptor},
    {"write-by-own-root", by_own_root},
    {"write-by-root-of-init", by_root_of_init},
    {"write-by-directory-of-parent", by_directory_of_parent},
    {"write-by-handle", by_handle},
    {"copy-range-outside", by_mapping},
    {"make-block-device", make_device},
    {"make-memory-device", make_memory_device},
    {"find-host-devices", host_devices},
    {"write-system-files", system_files},
    {NULL, NULL},
};
