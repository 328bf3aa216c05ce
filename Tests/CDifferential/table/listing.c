#include "table.h"

static int count_of(DIR *directory, const char *name) {
  struct dirent *entry;
  int count = 0;
  rewinddir(directory);
  while ((entry = readdir(directory)) != NULL) count += strcmp(entry->d_name, name) == 0;
  return count;
}

static void empty_while_reading(void) {
  char name[32];
  struct dirent *entry;
  int count = 0;
  TRY(mkdir("many", 0755));
  for (int index = 0; index < 1500; index++) {
    snprintf(name, sizeof name, "many/f%04d", index);
    table_put(name, 0600, 0);
  }
  DIR *directory = opendir("many");
  while ((entry = readdir(directory)) != NULL) {
    count++;
    if (entry->d_name[0] == 'f') unlinkat(dirfd(directory), entry->d_name, 0);
  }
  printf("%d read while unlinking\n", count);
  closedir(directory);
  TRY(rmdir("many"));
}

void table_listing(void) {
  table_list(".");
  table_list("full");
  table_list("dir");
  table_list("file");
  table_list("nowhere");
  table_list("closed");
  TRY(mkdir("dir/a", 0700));
  table_put("dir/b", 0600, 1);
  TRY(symlink("x", "dir/c"));
  TRY(mkfifo("dir/d", 0600));
  TRY(link("hard1", "dir/h"));
  TRY(rename("full/d", "dir/moved"));
  table_list("dir");
  table_list("full");
  TRY(unlink("full/f"));
  table_list("full");
  table_put("full/f", 0600, 1);
  table_list("full");
  DIR *directory = opendir(".");
  readdir(directory);
  readdir(directory);
  long place = telldir(directory);
  char name[256];
  snprintf(name, sizeof name, "%s", readdir(directory)->d_name);
  for (int i = 0; i < 5; i++) readdir(directory);
  seekdir(directory, place);
  TRY(strcmp(name, readdir(directory)->d_name));
  table_put("appears", 0600, 1);
  TRY(count_of(directory, "appears"));
  TRY(unlink("appears"));
  TRY(count_of(directory, "appears"));
  closedir(directory);
  empty_while_reading();
}

void table_dead_directories(void) {
  char room[1000];
  struct stat status;
  int dead = open("dir", O_RDONLY);
  TRY(rmdir("dir"));
  TRY(syscall(SYS_getdents64, dead, room, sizeof room));
  TRY(openat(dead, "x", O_CREAT | O_WRONLY, 0600));
  TRY(mkdirat(dead, "x", 0600));
  TRY(table_close(openat(dead, ".", O_TMPFILE | O_RDWR, 0600)));
  TRY(table_close(openat(dead, ".", O_RDONLY)));
  TRY(table_close(openat(dead, "..", O_RDONLY)));
  TRY(linkat(AT_FDCWD, "file", dead, "x", 0));
  TRY(symlinkat("a", dead, "x"));
  TRY(renameat(AT_FDCWD, "file", dead, "x"));
  TRY(fsync(dead));
  TRY(fchmod(dead, 0755));
  TRY(fstat(dead, &status));
  printf("links: %lu\n", (unsigned long)status.st_nlink);
  close(dead);
  int fd = open("file", O_RDONLY);
  TRY(syscall(SYS_getdents64, fd, room, sizeof room));
  close(fd);
  fd = open(".", O_RDONLY);
  TRY(syscall(SYS_getdents64, fd, room, 10));
  TRY(mkdir("here", 0755));
  TRY(chdir("here"));
  TRY(rmdir("../here"));
  TRY(getcwd(room, sizeof room) == NULL ? -1 : 0);
  TRY(OPEN("x", O_CREAT | O_WRONLY, 0600));
  TRY(OPEN("..", O_RDONLY));
  TRY(mkdir("y", 0700));
  TRY(fchdir(fd));
  close(fd);
  table_list(".");
}

/* LINK_MAX is left out: the C library takes it from the file system's type. */
void table_limits(void) {
  struct statvfs limits;
  int count = 0;
  TRY(statvfs("nowhere", &limits));
  TRY(statvfs("file", &limits));
  printf("names of %lu\n", limits.f_namemax);
  TRY(limits.f_blocks >= limits.f_bfree && limits.f_bfree >= limits.f_bavail);
  TRY(limits.f_files >= limits.f_ffree);
  TRY(pathconf(".", _PC_NAME_MAX));
  TRY(pathconf(".", _PC_PATH_MAX));
  TRY(pathconf(".", _PC_2_SYMLINKS));
  int fd = open("file", O_RDONLY);
  TRY(ioctl(fd, FIGETBSZ, &count));
  TRY(ioctl(fd, FIONREAD, &count));
  TRY(count);
  close(fd);
}
