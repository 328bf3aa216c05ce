#include "table.h"

char table_long_name[256], table_too_long_name[257], table_long_path[5000];
int table_is_root;

void table_say(const char *call, long result) {
  if (result < 0) {
    printf("%s: %s\n", call, strerrorname_np(errno));
  } else {
    printf("%s: %ld\n", call, result);
  }
}

int table_close(int fd) {
  if (fd >= 0) close(fd);
  return fd >= 0 ? 0 : -1;
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static void show_attributes(const char *path) {
  char list[4000], *names[100];
  ssize_t size = llistxattr(path, list, sizeof list);
  size_t count = 0;
  for (char *at = list; size > 0 && at < list + size && count < 100; at += strlen(at) + 1) {
    names[count++] = at;
  }
  qsort(names, count, sizeof *names, compare_names);
  for (size_t index = 0; index < count; index++) {
    printf(" %s=%zd", names[index], lgetxattr(path, names[index], NULL, 0));
  }
}

void table_show(const char *path) {
  struct stat status;
  char target[5000];
  if (lstat(path, &status) < 0) {
    printf("  %s: %s\n", path, strerrorname_np(errno));
    return;
  }
  printf("  %s: %o %u:%u links=%lu", path, status.st_mode, status.st_uid, status.st_gid,
         (unsigned long)status.st_nlink);
  if (!S_ISDIR(status.st_mode)) printf(" size=%ld", (long)status.st_size);
  if (S_ISLNK(status.st_mode)) printf(" target=%zd", readlink(path, target, sizeof target));
  /* What the clock said is not the same twice; what was set is. */
  if (status.st_mtime < 1700000000) {
    printf(" mtime=%ld.%09ld", (long)status.st_mtime, status.st_mtim.tv_nsec);
  }
  show_attributes(path);
  printf("\n");
}

void table_sum(const char *path) {
  unsigned char bytes[65536];
  uint64_t sum = 0;
  size_t size = 0;
  ssize_t got;
  int fd = open(path, O_RDONLY | O_NOFOLLOW);
  while ((got = read(fd, bytes, sizeof bytes)) > 0) {
    for (ssize_t at = 0; at < got; at++) sum = sum * 33 + bytes[at];
    size += (size_t)got;
  }
  if (got < 0) {
    printf("  content of %s: %s\n", path, strerrorname_np(errno));
  } else {
    printf("  content of %s: %zu bytes, %lx\n", path, size, (unsigned long)sum);
  }
  table_close(fd);
}

void table_list(const char *path) {
  char *names[2000];
  size_t count = 0;
  struct dirent *entry;
  DIR *directory = opendir(path);
  if (directory == NULL) {
    printf("opendir %s: %s\n", path, strerrorname_np(errno));
    return;
  }
  while ((errno = 0, entry = readdir(directory)) != NULL && count < 2000) {
    struct stat status;
    int isOdd = strcmp(entry->d_name, "..") != 0 &&
                fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                status.st_ino != entry->d_ino;
    if (asprintf(&names[count], "%s:%d%s", entry->d_name, entry->d_type,
                 isOdd ? " (d_ino is not st_ino)" : "") >= 0) {
      count++;
    }
  }
  if (errno != 0) printf("readdir %s: %s\n", path, strerrorname_np(errno));
  qsort(names, count, sizeof *names, compare_names);
  printf("list %s:", path);
  for (size_t index = 0; index < count; index++) {
    printf(" %s", names[index]);
    free(names[index]);
  }
  printf("\n");
  closedir(directory);
}

void table_put(const char *path, mode_t mode, size_t size) {
  char bytes[4096];
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);
  if (fd < 0 || fchmod(fd, mode) < 0) perror(path);
  for (size_t at = 0; at < sizeof bytes; at++) bytes[at] = (char)('a' + at % 23);
  while (size > 0) {
    ssize_t wrote = write(fd, bytes, size < sizeof bytes ? size : sizeof bytes);
    if (wrote <= 0) {
      perror(path);
      break;
    }
    size -= (size_t)wrote;
  }
  table_close(fd);
}

static void make(int result, const char *path) {
  if (result < 0) perror(path);
}

static void put_large(const char *path) {
  char bytes[8192];
  int fd = open(path, O_CREAT | O_RDWR, 0644);
  memset(bytes, 'x', sizeof bytes);
  make(pwrite(fd, bytes, sizeof bytes, 0) < 0 ? -1 : 0, path);
  make(pwrite(fd, bytes, sizeof bytes, 3 << 20) < 0 ? -1 : 0, path);
  make(pwrite(fd, bytes, 100, 5 << 20) < 0 ? -1 : 0, path);
  table_close(fd);
}

/* One of everything, with times that were set. */
static void populate(void) {
  static const char *const all[] = {
      "file", "empty", "exec", "suid", "sgid", "ro", "none", "full/f", "full/d/g", "full/d",
      "full", "dir", "sticky", "sg", "closed", "rodir", "link", "dlink", "dangling", "loop",
      "fifo", "sock", "hard1", "big", "."};
  struct timespec times[2] = {{1000000000, 111}, {1100000000, 222333444}};
  umask(0);
  table_put("file", 0644, 5000);
  table_put("empty", 0644, 0);
  table_put("exec", 0755, 10);
  table_put("suid", 06755, 10);
  table_put("sgid", 02767, 10);
  table_put("ro", 0444, 10);
  table_put("none", 0, 10);
  make(mkdir("dir", 0755), "dir");
  make(mkdir("full", 0755), "full");
  table_put("full/f", 0644, 3);
  make(mkdir("full/d", 0755), "full/d");
  table_put("full/d/g", 0600, 4);
  make(mkdir("sticky", 01777), "sticky");
  table_put("sticky/r", 0666, 1);
  make(mkdir("sg", 02775), "sg");
  make(mkdir("closed", 0700), "closed");
  table_put("closed/f", 0666, 1);
  make(mkdir("rodir", 0755), "rodir");
  table_put("rodir/f", 0644, 1);
  make(chmod("rodir", 0555), "rodir");
  make(symlink("file", "link"), "link");
  make(symlink("full", "dlink"), "dlink");
  make(symlink("nowhere", "dangling"), "dangling");
  make(symlink("loop", "loop"), "loop");
  make(mkfifo("fifo", 0644), "fifo");
  make(mknod("sock", S_IFSOCK | 0644, 0), "sock");
  table_put("hard1", 0644, 7);
  make(link("hard1", "hard2"), "hard2");
  make(link("hard1", "full/hard3"), "hard3");
  put_large("big");
  make(setxattr("file", "user.a", "1", 1, 0), "file");
  make(setxattr("full", "user.d", "dir", 3, 0), "full");
  if (table_is_root) {
    make(chown("sg", 0, 7), "sg");
    make(chmod("sg", 02775), "sg");
    make(chown("sticky/r", 1000, 1000), "sticky/r");
    make(mkdir("theirs", 0755), "theirs");
    table_put("theirs/f", 0644, 5);
    make(chown("theirs", 1000, 1000), "theirs");
    make(chown("theirs/f", 1000, 1000), "theirs/f");
  }
  for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
    make(utimensat(AT_FDCWD, all[index], times, AT_SYMLINK_NOFOLLOW), all[index]);
  }
}

static const struct {
  const char *name;
  void (*run)(void);
} topics[] = {
    {"opening", table_opening},
    {"directories", table_directories},
    {"unlinking", table_unlinking},
    {"linking", table_linking},
    {"special", table_special},
    {"renaming", table_renaming},
    {"exchanging", table_exchanging},
    {"modes", table_modes},
    {"owners", table_owners},
    {"users", table_users},
    {"times", table_times},
    {"what moves times", table_what_moves_times},
    {"content", table_content},
    {"space", table_space},
    {"copying", table_copying},
    {"mapping", table_mapping},
    {"blocks", table_blocks},
    {"attributes", table_attributes},
    {"trusted attributes", table_trusted_attributes},
    {"listing", table_listing},
    {"dead directories", table_dead_directories},
    {"limits", table_limits},
};

static void enter(const char *directory) {
  if (chdir(directory) < 0) perror(directory);
}

static void prepare(void) {
  table_is_root = getuid() == 0;
  memset(table_long_name, 'l', 255);
  memset(table_too_long_name, 't', 256);
  memset(table_long_path, 'p', sizeof table_long_path - 1);
  for (size_t at = 100; at < sizeof table_long_path - 1; at += 100) table_long_path[at] = '/';
}

void cd_table_populate(void) {
  prepare();
  for (size_t index = 0; index < sizeof topics / sizeof *topics; index++) {
    make(mkdir(topics[index].name, 0755), topics[index].name);
    enter(topics[index].name);
    populate();
    enter("..");
  }
}

void cd_table_run(void) {
  prepare();
  for (size_t index = 0; index < sizeof topics / sizeof *topics; index++) {
    char fresh[64];
    printf("=== %s, of the tree that was there\n", topics[index].name);
    enter(topics[index].name);
    topics[index].run();
    umask(0);
    enter("..");
    snprintf(fresh, sizeof fresh, "new %s", topics[index].name);
    make(mkdir(fresh, 0755), fresh);
    enter(fresh);
    populate();
    printf("=== %s, of files that were just made\n", topics[index].name);
    topics[index].run();
    umask(0);
    enter("..");
    fflush(stdout);
  }
}
