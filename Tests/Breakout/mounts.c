/* Changing the view, or making another one. */
#include "breakout.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static enum outcome make_private(void) {
  /* Outside a box this keeps the machine's own mounts out of harm's way. */
  if (unshare(CLONE_NEWNS) == -1) return held;
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? escaped : held;
}

static enum outcome mount_tmpfs(void) {
  make_private();
  return reached(mount("none", PROJECT(""), "tmpfs", 0, NULL));
}

static enum outcome bind(void) {
  make_private();
  return reached(mount("/", PROJECT(""), NULL, MS_BIND | MS_REC, NULL));
}

static enum outcome remount_writable(void) {
  make_private();
  return reached(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static enum outcome unmount_view(void) {
  make_private();
  /* EINVAL: not a mount point, so there the call itself was let through. */
  return reached(umount2("/proc", MNT_DETACH));
}

static enum outcome change_root(void) { return reached(chroot(PROJECT(""))); }

static enum outcome pivot(void) {
  make_private();
  return reached(syscall(SYS_pivot_root, PROJECT(""), PROJECT("")));
}

static enum outcome new_mount_api(void) { return reached(syscall(SYS_fsopen, "tmpfs", 0)); }

static enum outcome clone_tree(void) {
  make_private();
  return reached(syscall(SYS_open_tree, AT_FDCWD, "/", 1 | 0x8000));
}

static enum outcome clear_read_only(void) {
  make_private();
  struct { uint64_t set, clear, propagation, userns; } attributes = {0, 1, 0, 0};
  return reached(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attributes, sizeof attributes));
}

static enum outcome move_tree(void) {
  make_private();
  return reached(syscall(SYS_move_mount, AT_FDCWD, "/proc", AT_FDCWD, PROJECT(""), 0));
}

static enum outcome new_user_namespace(void) { return reached(unshare(CLONE_NEWUSER)); }

static enum outcome new_mount_namespace(void) { return reached(unshare(CLONE_NEWNS)); }

static enum outcome new_network_namespace(void) { return reached(unshare(CLONE_NEWNET)); }

static enum outcome clone_flags(unsigned long flags) {
  long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return reached(child);
}

static enum outcome clone_user_namespace(void) { return clone_flags(CLONE_NEWUSER); }

static enum outcome clone_with_high_bits(void) {
  return clone_flags(CLONE_NEWUSER | 1UL << 33);
}

static enum outcome clone3_user_namespace(void) {
  uint64_t arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD, 0, 0, 0};
  long child = syscall(SYS_clone3, arguments, sizeof arguments);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, NULL, 0);
  return reached(child);
}

static enum outcome enter_namespace_of_init(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/ns/uts", number("BREAKOUT_INIT"));
  int fd = open(path, O_RDONLY);
  if (fd == -1) return held;
  return reached(setns(fd, 0));
}

static enum outcome enter_own_namespace(void) {
  int fd = open("/proc/self/ns/user", O_RDONLY);
  if (fd == -1) return held;
  /* EINVAL: it is ours already, so the call itself was let through. */
  return reached(setns(fd, 0));
}

static enum outcome mount_in_own_namespaces(void) {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1) return held;
  return reached(mount("none", PROJECT(""), "tmpfs", 0, NULL));
}

static enum outcome mount_overlay(void) {
  char options[8192];
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1) return held;
  snprintf(options, sizeof options, "lowerdir=/etc:/usr");
  return reached(mount("none", PROJECT(""), "overlay", MS_RDONLY, options));
}

static enum outcome open_fuse(void) { return reached(open("/dev/fuse", O_RDWR)); }

static enum outcome mount_proc_anew(void) {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) == -1) return held;
  pid_t child = fork();
  if (child == 0) _exit(mount("none", PROJECT(""), "proc", 0, NULL) == 0 ? escaped : held);
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

static enum outcome remove_mount_point(void) {
  /* Taking away the directory under a mount would take the mount with it. */
  char moved[8192];
  snprintf(moved, sizeof moved, "%s.moved", SECRET(""));
  char *slash = strrchr(moved, '/');
  if (slash && slash[1] == '.') memmove(slash, slash + 1, strlen(slash));
  char from[8192];
  snprintf(from, sizeof from, "%s", SECRET(""));
  from[strlen(from) - 1] = 0;
  if (rename(from, moved) == -1) return held;
  char inside[8448];
  snprintf(inside, sizeof inside, "%s/key", moved);
  enum outcome outcome = reads_secret(inside);
  rename(moved, from);
  return outcome;
}

const struct attempt mount_attempts[] = {
    {"mount-tmpfs", mount_tmpfs},
    {"mount-bind", bind},
    {"remount-writable", remount_writable},
    {"unmount", unmount_view},
    {"chroot", change_root},
    {"pivot-root", pivot},
    {"fsopen", new_mount_api},
    {"open-tree", clone_tree},
    {"mount-setattr", clear_read_only},
    {"move-mount", move_tree},
    {"unshare-user", new_user_namespace},
    {"unshare-mount", new_mount_namespace},
    {"unshare-network", new_network_namespace},
    {"clone-user", clone_user_namespace},
    {"clone-user-high-bits", clone_with_high_bits},
    {"clone3-user", clone3_user_namespace},
    {"setns-of-init", enter_namespace_of_init},
    {"setns-own", enter_own_namespace},
    {"mount-in-own-namespaces", mount_in_own_namespaces},
    {"mount-overlay", mount_overlay},
    {"open-fuse", open_fuse},
    {"mount-proc", mount_proc_anew},
    {"rename-mount-point", remove_mount_point},
    {NULL, NULL},
};
