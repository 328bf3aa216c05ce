/* Writing to the host by every name that leads there. */
#include "breakout.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
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

static enum outcome nameless_file(void) {
  int fd = open(OUTSIDE(""), O_TMPFILE | O_WRONLY, 0600);
  if (fd == -1) return held;
  close(fd);
  return escaped;
}

static enum outcome exchange(void) {
  close(open(PROJECT("mine"), O_WRONLY | O_CREAT, 0600));
  /* Outside, both may lie on one file system, and what was exchanged is put back. */
  int result = renameat2(AT_FDCWD, PROJECT("mine"), AT_FDCWD, OUTSIDE("victim"), RENAME_EXCHANGE);
  if (result == 0)
    renameat2(AT_FDCWD, PROJECT("mine"), AT_FDCWD, OUTSIDE("victim"), RENAME_EXCHANGE);
  unlink(PROJECT("mine"));
  return result == 0 ? escaped : held;
}

static enum outcome link_within(void) {
  int result = link(OUTSIDE("victim"), OUTSIDE("twin"));
  unlink(OUTSIDE("twin"));
  return reached(result);
}

static enum outcome make_room(void) {
  int fd = open(OUTSIDE("victim"), O_RDWR);
  return reached(fd == -1 ? -1 : fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096));
}

static enum outcome mapped_memory(void) {
  int fd = open(OUTSIDE("victim"), O_RDWR);
  if (fd == -1) return held;
  char *bytes = mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) return held;
  bytes[0] = 'B';
  bytes[0] = 'S';
  return escaped;
}

static enum outcome send_file(void) {
  int from = open(PROJECT("source"), O_RDWR | O_CREAT, 0600);
  int to = open(OUTSIDE("victim"), O_WRONLY);
  if (from == -1 || to == -1 || write(from, "BROKEN", 6) != 6) return held;
  off_t start = 0;
  return reached(sendfile(to, from, &start, 6));
}

static enum outcome change_flags(void) {
  /* The flags that it has already: that takes the right to change them all the same. */
  int fd = open(OUTSIDE("victim"), O_RDONLY), flags;
  if (fd == -1 || ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1) return held;
  return reached(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

static enum outcome in_other_directory(void) {
  /* A descriptor of the directory, opened while it may only be read. */
  int directory = open(OUTSIDE(""), O_PATH | O_DIRECTORY);
  int fd = openat(directory, "new", O_WRONLY | O_CREAT, 0600);
  enum outcome outcome = writes_to(fd);
  unlink(OUTSIDE("new"));
  return outcome;
}

static enum outcome by_thread_root(void) {
  char path[8192];
  snprintf(path, sizeof path, "/proc/thread-self/root%s", OUTSIDE("victim"));
  return writes(path);
}

static enum outcome by_map_files(void) {
  /* /proc/self/map_files leads to what is mapped, past every mount over it. */
  int fd = open(OUTSIDE("victim"), O_RDONLY);
  if (fd == -1) return held;
  char *bytes = mmap(NULL, 6, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return held;
  char path[128];
  snprintf(path, sizeof path, "/proc/self/map_files/%lx-%lx", (unsigned long)bytes,
           (unsigned long)bytes + 4096);
  return writes(path);
}

static enum outcome other_devices(void) {
  const char *names[] = {"/dev/console", "/dev/tty1", "/dev/kvm", "/dev/net/tun", "/dev/fuse",
                         "/dev/vhost-net", "/dev/uinput", "/dev/hpet", "/dev/rtc0"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (access(names[i], F_OK) == 0) return escaped;
  return held;
}

const struct attempt file_attempts[] = {
    {"nameless-file-outside", nameless_file},
    {"exchange-with-outside", exchange},
    {"link-outside", link_within},
    {"make-room-outside", make_room},
    {"map-outside", mapped_memory},
    {"send-file-outside", send_file},
    {"change-flags-outside", change_flags},
    {"create-by-directory", in_other_directory},
    {"write-by-thread-root", by_thread_root},
    {"write-by-map-files", by_map_files},
    {"find-other-devices", other_devices},
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
