#include "CLinux.h"
#include "namespaces.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/fuse.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

pid_t cl_split(void) { return fork(); }

pid_t cl_split_into(uint64_t flags) {
  return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

int cl_pivot_root(const char *new_root, const char *put_old) {
  return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int cl_set_mount_attributes(int fd, const char *path, unsigned flags, uint64_t set,
                            uint64_t clear) {
  struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
  return mount_setattr(fd, path, flags, &attributes, sizeof attributes);
}

int cl_set_capabilities(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int i = 0; i < 2; i++) {
    data[i].effective = (uint32_t)(effective >> 32 * i);
    data[i].permitted = (uint32_t)(permitted >> 32 * i);
    data[i].inheritable = (uint32_t)(inheritable >> 32 * i);
  }
  return (int)syscall(SYS_capset, &header, data);
}

int cl_get_capabilities(uint64_t *effective, uint64_t *permitted) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{0}};
  if (syscall(SYS_capget, &header, data) == -1) return -1;
  *effective = data[0].effective | (uint64_t)data[1].effective << 32;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

int cl_drop_from_bounding(int capability) {
  return prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int cl_raise_ambient(int capability) {
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
}

int cl_clear_ambient(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }

int cl_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int cl_install_filter(const void *instructions, unsigned short count, unsigned flags) {
  struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int cl_landlock_version(void) {
  return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* CREATE_RULESET_VERSION */);
}

int cl_landlock_ruleset(uint64_t files, uint64_t network, uint64_t scopes) {
  /* As struct landlock_ruleset_attr of ABI 6; an older kernel takes a prefix of it. */
  uint64_t attributes[3] = {files, network, scopes};
  size_t size = scopes ? 24 : network ? 16 : 8;
  return (int)syscall(SYS_landlock_create_ruleset, attributes, size, 0);
}

int cl_landlock_allow(int ruleset, int directory, uint64_t files) {
  struct {
    uint64_t files;
    int32_t directory;
  } __attribute__((packed)) rule = {files, directory};
  return (int)syscall(SYS_landlock_add_rule, ruleset, 1 /* PATH_BENEATH */, &rule, 0);
}

int cl_landlock_restrict(int ruleset) {
  return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

int cl_loopback_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd == -1) return -1;
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int result = ioctl(fd, SIOCSIFFLAGS, &request);
  int saved = errno;
  close(fd);
  errno = saved;
  return result;
}

int cl_clone_fuse_device(int device, int mounted) {
  uint32_t source = (uint32_t)mounted;
  return ioctl(device, FUSE_DEV_IOC_CLONE, &source);
}

int cl_open_terminal_peer(int master) {
  int unlocked = 0;
  if (ioctl(master, TIOCSPTLCK, &unlocked) == -1) return -1;
  return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int cl_control_terminal(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }

int cl_sealed_memory(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int cl_execute(char *const *words, char *const *environment) {
  environ = (char **)environment;
  return execvp(words[0], words);
}

int cl_packet_pair(int ends[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

int cl_next_reported_call(int listener, int *number, uint64_t *first, uint64_t *cookie) {
  struct seccomp_notif call;
  memset(&call, 0, sizeof call);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == -1) return -1;
  *number = call.data.nr;
  *first = call.data.args[0];
  *cookie = call.id;
  return 0;
}

int cl_continue_reported_call(int listener, uint64_t cookie) {
  struct seccomp_notif_resp answer = {.id = cookie, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

int cl_refuse_reported_call(int listener, uint64_t cookie, int error) {
  struct seccomp_notif_resp answer = {.id = cookie, .error = -error};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}
