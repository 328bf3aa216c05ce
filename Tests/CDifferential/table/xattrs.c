#include "table.h"

void table_attributes(void) {
  char b[70000];
  memset(b, 'v', sizeof b);
  TRY(getxattr("file", "user.a", b, 0));
  TRY(getxattr("file", "user.a", b, 100));
  TRY(getxattr("file", "user.none", b, 100));
  TRY(getxattr("file", "a", b, 100));
  TRY(getxattr("file", "", b, 100));
  TRY(getxattr("file", "user.", b, 100));
  TRY(getxattr("file", "bogus.x", b, 1));
  TRY(getxattr("file", "system.x", b, 1));
  TRY(getxattr("file", "security.x", b, 1));
  TRY(getxattr("file", "trusted.x", b, 1));
  TRY(getxattr("nowhere", "user.a", b, 100));
  TRY(setxattr("file", "user.a", b, 5, XATTR_CREATE));
  TRY(setxattr("file", "user.b", b, 5, XATTR_REPLACE));
  TRY(setxattr("file", "user.b", b, 5, XATTR_CREATE));
  TRY(setxattr("file", "user.a", b, 9, XATTR_REPLACE));
  TRY(setxattr("file", "user.c", b, 0, 0));
  TRY(getxattr("file", "user.c", b, 10));
  TRY(getxattr("file", "user.b", b, 4));
  table_show("file");
  TRY(setxattr("file", "user.", b, 1, 0));
  TRY(setxattr("file", "nope", b, 1, 0));
  TRY(setxattr("file", "bogus.x", b, 1, 0));
  TRY(setxattr("file", "system.x", b, 1, 0));
  TRY(setxattr("file", "", b, 1, 0));
  TRY(setxattr("file", "user.big", b, 65537, 0));
  TRY(setxattr("file", "user.x", b, 1, 3));
  TRY(setxattr("file", "user.x", b, 1, 8));
  char ln[300] = "user.";
  memset(ln + 5, 'n', 250);
  ln[255] = 0;
  TRY(setxattr("file", ln, b, 1, 0));
  TRY(getxattr("file", ln, b, 10));
  TRY(removexattr("file", ln));
  ln[255] = 'n';
  ln[256] = 0;
  TRY(setxattr("file", ln, b, 1, 0));
  TRY(getxattr("file", ln, b, 1));
  TRY(setxattr("dir", "user.d", b, 3, 0));
  table_show("dir");
  TRY(lsetxattr("link", "user.l", b, 1, 0));
  TRY(setxattr("link", "user.l", b, 1, 0));
  table_show("file");
  TRY(setxattr("fifo", "user.l", b, 1, 0));
  TRY(setxattr("sock", "user.l", b, 1, 0));
  TRY(getxattr("fifo", "user.l", b, 1));
  TRY(setxattr("dangling", "user.l", b, 1, 0));
  TRY(listxattr("file", b, 0));
  TRY(listxattr("file", b, 1));
  TRY(listxattr("file", b, 1000));
  TRY(listxattr("nowhere", b, 1));
  TRY(llistxattr("link", b, 10));
  TRY(listxattr("fifo", b, 10));
  TRY(removexattr("file", "user.b"));
  TRY(removexattr("file", "user.b"));
  TRY(removexattr("file", "bad"));
  TRY(removexattr("file", "system.posix_acl_access"));
  TRY(removexattr("dir", "system.posix_acl_default"));
  TRY(removexattr("file", "system.posix_acl_default"));
  TRY(getxattr("file", "system.posix_acl_access", b, 100));
  TRY(removexattr("nowhere", "user.b"));
  table_show("file");
  TRY(setxattr("hard1", "user.h", b, 2, 0));
  TRY(getxattr("hard2", "user.h", b, 10));
  TRY(rename("file", "file2"));
  table_show("file2");
  TRY(setxattr("ro", "user.r", b, 1, 0));
  TRY(setxattr("none", "user.r", b, 1, 0));
  TRY(setxattr("sticky", "user.r", b, 1, 0));
  for (int i = 0; i < 30; i++) {
    char name[30];
    snprintf(name, sizeof name, "user.many%d", i);
    TRY(setxattr("exec", name, b, 20, 0));
  }
  TRY(listxattr("exec", b, 5000));
  int f = open("exec", O_RDONLY);
  TRY(fsetxattr(f, "user.f", b, 1, 0));
  TRY(fgetxattr(f, "user.f", b, 10));
  TRY(fremovexattr(f, "user.f"));
  TRY(flistxattr(f, b, 5000));
  close(f);
  f = open("exec", O_PATH);
  TRY(fsetxattr(f, "user.f", b, 1, 0));
  close(f);
}

static void lose_capability(int (*change)(const char *), const char *what) {
  unsigned char capability[20] = {1, 0, 0, 2, 0, 4, 0, 0};
  TRY(setxattr("exec", "security.capability", capability, sizeof capability, 0));
  printf("%s: %d\n", what, change("exec"));
  TRY(getxattr("exec", "security.capability", NULL, 0));
}

static int write_byte(const char *path) {
  int fd = open(path, O_WRONLY);
  ssize_t wrote = write(fd, "x", 1);
  return table_close(fd) < 0 ? -1 : (int)wrote;
}
static int give_away(const char *path) { return chown(path, 3, 3); }
static int cut(const char *path) { return truncate(path, 3); }
static int change_mode(const char *path) { return chmod(path, 0700); }
static int extend(const char *path) {
  int fd = open(path, O_RDWR);
  int result = fallocate(fd, 0, 0, 9999);
  table_close(fd);
  return result;
}
static int empty(const char *path) { return OPEN(path, O_WRONLY | O_TRUNC); }

void table_trusted_attributes(void) {
  char b[100];
  TRY(setxattr("file", "trusted.t", "tt", 2, 0));
  TRY(getxattr("file", "trusted.t", b, 10));
  table_show("file");
  TRY(rename("file", "file2"));
  TRY(getxattr("file2", "trusted.t", b, 10));
  TRY(removexattr("file2", "trusted.t"));
  TRY(setxattr("file2", "security.s", "tt", 2, 0));
  TRY(getxattr("file2", "security.s", b, 10));
  TRY(lsetxattr("link", "trusted.t", "l", 1, 0));
  TRY(lgetxattr("link", "trusted.t", b, 9));
  TRY(setxattr("fifo", "trusted.t", "l", 1, 0));
  if (!table_is_root) return;
  lose_capability(write_byte, "write");
  lose_capability(give_away, "chown");
  lose_capability(cut, "truncate");
  lose_capability(change_mode, "chmod");
  lose_capability(extend, "fallocate");
  lose_capability(empty, "open with O_TRUNC");
}
