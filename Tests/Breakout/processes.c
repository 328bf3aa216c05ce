/* Reaching processes, terminals and identities that are not the command's own. */
#include "breakout.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>

static pid_t keeper(void) { return (pid_t)number("BREAKOUT_PROCESS"); }

static enum outcome trace(pid_t process) {
  if (process <= 1) return held;
  if (ptrace(PTRACE_SEIZE, process, 0, 0) == -1) return held;
  ptrace(PTRACE_DETACH, process, 0, 0);
  return escaped;
}

static enum outcome trace_keeper(void) { return trace(keeper()); }

static enum outcome trace_init(void) {
  return ptrace(PTRACE_SEIZE, number("BREAKOUT_INIT"), 0, 0) == 0 ? escaped : held;
}

static enum outcome read_memory(pid_t process) {
  char byte;
  /* EFAULT: the address means nothing there, but we were let in. */
  struct iovec here = {&byte, 1}, there = {(void *)0x1000, 1};
  long result = process_vm_readv(process, &here, 1, &there, 1, 0);
  return result >= 0 || errno == EFAULT ? escaped : held;
}

static enum outcome read_memory_of_keeper(void) { return read_memory(keeper()); }
static enum outcome read_memory_of_init(void) {
  return read_memory((pid_t)number("BREAKOUT_INIT"));
}

static enum outcome open_memory_of_init(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/mem", number("BREAKOUT_INIT"));
  return open(path, O_RDWR) == -1 ? held : escaped;
}

static enum outcome signal_keeper(void) {
  return keeper() > 1 && kill(keeper(), 0) == 0 ? escaped : held;
}

static enum outcome signal_keeper_by_descriptor(void) {
  int fd = (int)syscall(SYS_pidfd_open, keeper(), 0);
  return fd == -1 ? held : escaped;
}

static enum outcome take_descriptor(void) {
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)number("BREAKOUT_INIT"), 0);
  if (fd == -1) return held;
  return syscall(SYS_pidfd_getfd, fd, 0, 0) == -1 ? held : escaped;
}

static enum outcome see_host_processes(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d", keeper());
  return keeper() > 1 && access(path, F_OK) == 0 ? escaped : held;
}

static enum outcome inherited_descriptors(void) {
  for (int fd = 3; fd < 1024; fd++)
    if (fcntl(fd, F_GETFD) != -1) return escaped;
  return held;
}

static int open_own_terminal(void) {
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
  int unlocked = 0;
  if (master == -1 || ioctl(master, TIOCSPTLCK, &unlocked) == -1) return -1;
  int number;
  char path[64];
  if (ioctl(master, TIOCGPTN, &number) == -1) return -1;
  snprintf(path, sizeof path, "/dev/pts/%d", number);
  setsid();
  int terminal = open(path, O_RDWR);
  if (terminal != -1) ioctl(terminal, TIOCSCTTY, 0);
  return terminal;
}

static enum outcome terminal_call(unsigned long request) {
  int terminal = open_own_terminal();
  if (terminal == -1) return held;
  char byte = 'x';
  long result = syscall(SYS_ioctl, terminal, request, &byte);
  /* EIO: dev.tty.legacy_tiocsti is off, but the filter has let the request through. */
  return result == 0 || (errno != EPERM && errno != ENOSYS) ? escaped : held;
}

static enum outcome push_input(void) { return terminal_call(0x5412); }
static enum outcome push_input_high(void) { return terminal_call(0x5412 | 1UL << 32); }
static enum outcome paste(void) { return terminal_call(0x541C); }
static enum outcome paste_high(void) { return terminal_call(0x541C | 1UL << 40); }

static enum outcome capabilities(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  unsigned long long set;
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Cap%*3c:\t%llx", &set) == 1 && set != 0) return escaped;
  return held;
}

static enum outcome may_gain_privileges(void) {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? held : escaped;
}

static enum outcome other_user(void) {
  if (setgid(65534) == -1 || setuid(65534) == -1) return held;
  return escaped;
}

static enum outcome other_groups(void) {
  gid_t group = 0;
  return syscall(SYS_setgroups, 1, &group) == 0 ? escaped : held;
}

static enum outcome raise_capability(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{1 << 21, 1 << 21, 1 << 21}, {0, 0, 0}};
  return syscall(SYS_capset, &header, data) == 0 ? escaped : held;
}

static enum outcome set_id_mounts(void) {
  /* Every mount that takes writes must ignore set-user-ID bits. */
  FILE *file = fopen("/proc/self/mounts", "r");
  char line[8192];
  while (file && fgets(line, sizeof line, file))
    if (!strstr(line, "nosuid")) return escaped;
  return file ? held : escaped;
}

static enum outcome securebits(void) {
  return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & 1 ? held : escaped;
}

static enum outcome priority(void) { return reached(nice(-5) == -1 && errno ? -1 : 0); }

static enum outcome limit_keeper(void) {
  struct rlimit limit;
  return keeper() > 1 && prlimit(keeper(), RLIMIT_NOFILE, NULL, &limit) == 0 ? escaped : held;
}

static enum outcome slow_keeper_down(void) {
  return keeper() > 1 && setpriority(PRIO_PROCESS, (id_t)keeper(), 19) == 0 ? escaped : held;
}

static enum outcome compare_with_init(void) {
  long result = syscall(SYS_kcmp, getpid(), (pid_t)number("BREAKOUT_INIT"), 1 /* KCMP_VM */, 0, 0);
  return result == -1 ? held : escaped;
}

static enum outcome by_address_of_init(void) {
  /* process_madvise on init, which takes PTRACE_MODE_READ. */
  int fd = (int)syscall(SYS_pidfd_open, (pid_t)number("BREAKOUT_INIT"), 0);
  struct iovec there = {(void *)0x1000, 4096};
  if (fd == -1) return held;
  long result = syscall(SYS_process_madvise, fd, &there, 1, 20 /* MADV_COLD */, 0);
  return result >= 0 || errno == ENOMEM ? escaped : held;
}

static enum outcome executable_data(void) {
  /* READ_IMPLIES_EXEC would make every mapping of the programs to come executable. */
  long before = syscall(SYS_personality, 0xFFFFFFFF);
  if (syscall(SYS_personality, 0x0400000) == -1) return held;
  syscall(SYS_personality, before);
  return escaped;
}

const struct attempt process_attempts[] = {
    {"limit-keeper", limit_keeper},
    {"slow-keeper-down", slow_keeper_down},
    {"compare-with-init", compare_with_init},
    {"advise-init", by_address_of_init},
    {"executable-data", executable_data},
    {"trace-keeper", trace_keeper},
    {"trace-init", trace_init},
    {"read-memory-of-keeper", read_memory_of_keeper},
    {"read-memory-of-init", read_memory_of_init},
    {"open-memory-of-init", open_memory_of_init},
    {"signal-keeper", signal_keeper},
    {"pidfd-of-keeper", signal_keeper_by_descriptor},
    {"take-descriptor-of-init", take_descriptor},
    {"see-host-processes", see_host_processes},
    {"inherited-descriptors", inherited_descriptors},
    {"tiocsti", push_input},
    {"tiocsti-high-bits", push_input_high},
    {"tioclinux", paste},
    {"tioclinux-high-bits", paste_high},
    {"have-capabilities", capabilities},
    {"gain-privileges", may_gain_privileges},
    {"become-other-user", other_user},
    {"join-other-groups", other_groups},
    {"raise-capability", raise_capability},
    {"set-id-mounts", set_id_mounts},
    {"securebits", securebits},
    {"raise-priority", priority},
    {NULL, NULL},
};
