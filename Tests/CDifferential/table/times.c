#include "table.h"

static int set_times(const char *path, time_t accessed, long accessed_nanoseconds, time_t modified,
                     long modified_nanoseconds, int flags) {
  struct timespec times[2] = {{accessed, accessed_nanoseconds}, {modified, modified_nanoseconds}};
  return utimensat(AT_FDCWD, path, times, flags);
}

static void show_seconds(const char *path) {
  struct stat status;
  if (stat(path, &status) == 0) printf("  %ld\n", (long)status.st_mtime);
}

static const char *const watched[] = {"file", "empty", "full/f", "hard1", ".", "full"};
enum { watched_count = sizeof watched / sizeof *watched };
static struct timespec changed_before[watched_count];

static void fix_times(void) {
  struct stat status;
  for (int index = 0; index < watched_count; index++) {
    set_times(watched[index], 1000, 0, 2000, 0, 0);
    if (stat(watched[index], &status) == 0) changed_before[index] = status.st_ctim;
  }
  /* Longer than a tick of the file system's clock. */
  usleep(11000);
}

/* Says of everything watched whether its times of modification (m) and of change (c) moved. */
static void say_moved(const char *call, int result) {
  struct stat status;
  printf("%s: %d moves", call, result);
  for (int index = 0; index < watched_count; index++) {
    if (stat(watched[index], &status) < 0) continue;
    int isChanged = status.st_ctim.tv_sec != changed_before[index].tv_sec ||
                    status.st_ctim.tv_nsec != changed_before[index].tv_nsec;
    if (status.st_mtime == 2000 && !isChanged) continue;
    printf(" %s:%s%s", watched[index], status.st_mtime == 2000 ? "" : "m", isChanged ? "c" : "");
  }
  printf("\n");
}

#define MOVES(call)           \
  do {                        \
    fix_times();              \
    int result = (call);      \
    say_moved(#call, result); \
  } while (0)

static int write_bytes(const char *path, const char *bytes) {
  int fd = open(path, O_WRONLY);
  ssize_t wrote = write(fd, bytes, strlen(bytes));
  return table_close(fd) < 0 ? -1 : (int)wrote;
}

static int resize(const char *path, off_t size) {
  int fd = open(path, O_WRONLY);
  int result = ftruncate(fd, size);
  table_close(fd);
  return result;
}

static int allocate(const char *path, int mode, off_t at, off_t count) {
  int fd = open(path, O_RDWR);
  int result = fallocate(fd, mode, at, count);
  table_close(fd);
  return result;
}

static int map_and_write(const char *path) {
  int fd = open(path, O_RDWR);
  char *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) return -1;
  bytes[1] ^= 1;
  int result = msync(bytes, 4096, MS_SYNC);
  munmap(bytes, 4096);
  table_close(fd);
  return result;
}

/* truncate(2) to the size that a file has is left out: ext4 moves its times, the kernel's FUSE with
   a writeback cache keeps its own and takes none from the server. */
void table_what_moves_times(void) {
  MOVES(chmod("file", 0600));
  MOVES(chmod("file", 0600));
  MOVES(truncate("file", 4000));
  MOVES(truncate("file", 6000));
  MOVES(OPEN("file", O_RDONLY));
  MOVES(OPEN("empty", O_WRONLY | O_TRUNC));
  MOVES(OPEN("file", O_WRONLY | O_TRUNC));
  MOVES(resize("empty", 0));
  MOVES(resize("file", 4000));
  MOVES(resize("file", 4000));
  MOVES(write_bytes("file", ""));
  MOVES(write_bytes("file", "abc"));
  MOVES(map_and_write("file"));
  MOVES(allocate("file", 0, 0, 10));
  MOVES(allocate("file", FALLOC_FL_KEEP_SIZE, 0, 10000));
  MOVES(allocate("file", FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
  MOVES(OPEN("new", O_CREAT | O_WRONLY, 0600));
  MOVES(unlink("new"));
  MOVES(rename("full/f", "full/f2"));
  MOVES(rename("full/f2", "full/f"));
  MOVES(rename("full/f", "f"));
  MOVES(rename("f", "full/f"));
  MOVES(link("file", "another"));
  MOVES(unlink("another"));
  MOVES(mkdir("full/new", 0700));
  MOVES(rmdir("full/new"));
  MOVES(symlink("a", "full/s"));
  MOVES(unlink("full/s"));
  MOVES(setxattr("file", "user.q", "1", 1, 0));
  MOVES(removexattr("file", "user.q"));
  MOVES(rename("full", "moved"));
  MOVES(rename("moved", "full"));
}
void table_times(void) {
  TRY(set_times("file", 1, 999999999, 2, 1, 0));
  table_show("file");
  TRY(set_times("file", 0, UTIME_OMIT, 3, 5, 0));
  table_show("file");
  TRY(set_times("file", 3, 7, 0, UTIME_OMIT, 0));
  table_show("file");
  TRY(set_times("file", 0, UTIME_NOW, 0, UTIME_OMIT, 0));
  table_show("file");
  TRY(set_times("file", 0, UTIME_NOW, 0, UTIME_NOW, 0));
  table_show("file");
  TRY(set_times("file", -5, 7, -100, 8, 0));
  table_show("file");
  TRY(set_times("file", 1L << 33, 7, 1L << 33, 8, 0));
  show_seconds("file");
  /* Of what lies further away the trees need not say the same, but must live with it. */
  TRY(set_times("file", 1L << 34, 7, 1L << 35, 8, 0));
  TRY(set_times("file", -(1L << 40), 7, -(1L << 40), 8, 0));
  table_sum("file");
  TRY(set_times("file", 5, 0, 5, 0, 0));
  TRY(set_times("file", 0, 1000000000, 0, 0, 0));
  TRY(set_times("file", 0, -1, 0, 0, 0));
  TRY(set_times("nowhere", 0, UTIME_OMIT, 0, UTIME_OMIT, 0));
  TRY(set_times("nowhere", 0, UTIME_NOW, 0, UTIME_NOW, 0));
  TRY(set_times("link", 9, 9, 9, 9, AT_SYMLINK_NOFOLLOW));
  table_show("link");
  TRY(set_times("dir", 4, 4, 5, 5, 0));
  table_show("dir");
  TRY(set_times("fifo", 4, 4, 5, 5, 0));
  table_show("fifo");
  TRY(set_times("big", 4, 4, 5, 5, 0));
  table_show("big");
  TRY(set_times("dangling", 4, 4, 5, 5, 0));
  TRY(set_times("hard1", 4, 4, 5, 5, 0));
  table_show("hard2");
  int f = open("exec", O_RDWR);
  struct timespec t[2] = {{8, 8}, {9, 9}};
  TRY(futimens(f, t));
  TRY(write(f, "x", 1));
  TRY(futimens(f, t));
  table_show("exec");
  close(f);
  table_show("exec");
}
