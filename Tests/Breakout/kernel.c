/* Parts of the kernel that a command has no business with. Outside a box each is harmless. */
#include "breakout.h"

#include <linux/perf_event.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>

static enum outcome keyctl(void) { return reached(syscall(SYS_keyctl, 0, -3, 0, 0, 0)); }

static enum outcome add_key(void) {
  return reached(syscall(SYS_add_key, "user", "breakout", "x", 1, -3));
}

static enum outcome request_key(void) {
  long result = syscall(SYS_request_key, "user", "breakout-none", NULL, 0);
  return result >= 0 || (errno != EPERM && errno != ENOSYS) ? escaped : held;
}

static enum outcome bpf(void) {
  uint64_t attributes[16] = {2 | 4ULL << 32, 4 | 1ULL << 32};
  return reached(syscall(SYS_bpf, 0, attributes, sizeof attributes));
}

static enum outcome perf(void) {
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
  return reached(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

static enum outcome userfault(void) { return reached(syscall(SYS_userfaultfd, 1)); }

static enum outcome io_uring(void) {
  char parameters[256] = {0};
  return reached(syscall(SYS_io_uring_setup, 1, parameters));
}

static enum outcome kexec(void) { return reached(syscall(SYS_kexec_load, 0, -1L, NULL, 1)); }

static enum outcome kexec_file(void) {
  return reached(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0));
}

static enum outcome init_module(void) { return reached(syscall(SYS_init_module, "x", 1, "")); }
static enum outcome finit_module(void) { return reached(syscall(SYS_finit_module, -1, "", 0)); }

static enum outcome delete_module(void) {
  long result = syscall(SYS_delete_module, "breakout_none", 0);
  return result == 0 || errno == ENOENT ? escaped : held;
}

static enum outcome reboot(void) { return reached(syscall(SYS_reboot, 1, 2, 3, NULL)); }
static enum outcome swap(void) {
  long result = syscall(SYS_swapon, "/nonexistent", 0);
  return errno == ENOENT || result == 0 ? escaped : held;
}

static enum outcome account(void) { return reached(syscall(SYS_acct, NULL)); }
static enum outcome read_log(void) { return reached(syscall(SYS_syslog, 10, NULL, 0)); }

static enum outcome set_clock(void) {
  struct timeval wrong = {-1, -1};
  return reached(syscall(SYS_settimeofday, &wrong, NULL));
}

static enum outcome set_host_name(void) {
  char name[65] = "";
  gethostname(name, sizeof name);
  return reached(syscall(SYS_sethostname, name, strlen(name)));
}

static enum outcome fanotify(void) { return reached(syscall(SYS_fanotify_init, 0, 0)); }

static enum outcome quota(void) {
  long result = syscall(SYS_quotactl, 0x800001 << 8, NULL, 0, NULL);
  return result == 0 || (errno != EPERM && errno != ENOSYS) ? escaped : held;
}

#ifdef __x86_64__
static enum outcome ports(void) { return reached(syscall(SYS_iopl, 3)); }

static enum outcome local_descriptors(void) {
  char room[16] = {0};
  return reached(syscall(SYS_modify_ldt, 0, room, sizeof room));
}

/* getpid of i386, by the gate that old programs use. */
static enum outcome i386(void) {
  long result = 20;
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  return (int)result > 0 ? escaped : held;
}

static enum outcome i386_mount(void) {
  long result = 21;
  __asm__ volatile("int $0x80"
                   : "+a"(result)
                   : "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result == -ENOSYS || (int)result == -EPERM ? held : escaped;
}

static enum outcome x32(void) { return reached(syscall(0x40000000 | SYS_getpid)); }
#endif

static enum outcome unknown_call(void) {
  /* Held means ENOSYS: a program must be able to fall back. */
  long result = syscall(900);
  return result == -1 && errno == ENOSYS ? held : escaped;
}

static enum outcome setting(const char *path) {
  int fd = open(path, O_WRONLY);
  if (fd == -1) return held;
  close(fd);
  return escaped;
}

static enum outcome core_pattern(void) { return setting("/proc/sys/kernel/core_pattern"); }
static enum outcome modprobe(void) { return setting("/proc/sys/kernel/modprobe"); }
static enum outcome sysrq(void) { return setting("/proc/sysrq-trigger"); }
static enum outcome uevent_helper(void) { return setting("/sys/kernel/uevent_helper"); }
static enum outcome power(void) { return setting("/sys/power/state"); }
static enum outcome overcommit(void) { return setting("/proc/sys/vm/overcommit_memory"); }

static enum outcome release_agent(void) {
  const char *paths[] = {"/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/memory/release_agent",
                         "/sys/fs/cgroup/pids/release_agent", "/sys/fs/cgroup/systemd/release_agent"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (setting(paths[i]) == escaped) return escaped;
  return held;
}

static enum outcome leave_group(void) {
  const char *paths[] = {"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/cgroup.procs",
                         "/sys/fs/cgroup/unified/cgroup.procs"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    if (setting(paths[i]) == escaped) return escaped;
  return held;
}

static enum outcome abort_fuse(void) {
  return access("/sys/fs/fuse/connections", W_OK) == 0 ? escaped : held;
}

static enum outcome program_from_memory(void) {
  /* It runs, but with nothing more than we have: no capability comes from it. */
  int fd = memfd_create("program", 0);
  int self = open("/proc/self/exe", O_RDONLY);
  char bytes[65536];
  ssize_t count;
  while ((count = read(self, bytes, sizeof bytes)) > 0)
    if (write(fd, bytes, (size_t)count) != count) return held;
  fchmod(fd, 04755);
  pid_t child = fork();
  if (child == 0) {
    char *words[] = {"breakout", "have-capabilities", NULL};
    fexecve(fd, words, environ);
    _exit(held);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1 ? escaped : held;
}

static enum outcome make_group(void) {
  const char *paths[] = {"/sys/fs/cgroup/breakout", "/sys/fs/cgroup/pids/breakout",
                         "/sys/fs/cgroup/unified/breakout"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    int result = mkdir(paths[i], 0755);
    rmdir(paths[i]);
    if (result == 0) return escaped;
  }
  return held;
}

static enum outcome trace_marker(void) {
  return setting("/sys/kernel/tracing/trace_marker") == escaped
                 || setting("/sys/kernel/debug/tracing/trace_marker") == escaped
             ? escaped
             : held;
}

static enum outcome module_setting(void) {
  return setting("/sys/module/kernel/parameters/panic") == escaped
                 || setting("/sys/module/printk/parameters/time") == escaped
             ? escaped
             : held;
}

static enum outcome bind_format(void) { return setting("/proc/sys/fs/binfmt_misc/register"); }
static enum outcome oom_panic(void) { return setting("/proc/sys/vm/panic_on_oom"); }

const struct attempt kernel_attempts[] = {
    {"make-control-group", make_group},
    {"trace-marker", trace_marker},
    {"module-setting", module_setting},
    {"binary-format", bind_format},
    {"panic-setting", oom_panic},
    {"keyctl", keyctl},
    {"add-key", add_key},
    {"request-key", request_key},
    {"bpf", bpf},
    {"perf-event-open", perf},
    {"userfaultfd", userfault},
    {"io-uring", io_uring},
    {"kexec", kexec},
    {"kexec-file", kexec_file},
    {"init-module", init_module},
    {"finit-module", finit_module},
    {"delete-module", delete_module},
    {"reboot", reboot},
    {"swapon", swap},
    {"acct", account},
    {"kernel-log", read_log},
    {"set-clock", set_clock},
    {"set-host-name", set_host_name},
    {"fanotify", fanotify},
    {"quota", quota},
#ifdef __x86_64__
    {"iopl", ports},
    {"modify-ldt", local_descriptors},
    {"i386-entry", i386},
    {"i386-mount", i386_mount},
    {"x32-entry", x32},
#endif
    {"unknown-call", unknown_call},
    {"core-pattern", core_pattern},
    {"modprobe-path", modprobe},
    {"sysrq", sysrq},
    {"uevent-helper", uevent_helper},
    {"power-state", power},
    {"overcommit", overcommit},
    {"release-agent", release_agent},
    {"leave-control-group", leave_group},
    {"abort-fuse", abort_fuse},
    {"program-from-memory", program_from_memory},
    {NULL, NULL},
};
