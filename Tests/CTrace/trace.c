#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
  int number;
  const char *name;
} calls[] = {
#define CALL(name) {SYS_##name, #name}
    CALL(read),         CALL(pread64),      CALL(readv),        CALL(write),
    CALL(pwrite64),     CALL(writev),       CALL(openat),       CALL(openat2),
    CALL(fstat),        CALL(newfstatat),   CALL(statx),        CALL(faccessat),
    CALL(faccessat2),   CALL(getdents64),   CALL(readlinkat),   CALL(fsync),
    CALL(fdatasync),    CALL(syncfs),       CALL(ftruncate),    CALL(fallocate),
    CALL(copy_file_range), CALL(fchmod),    CALL(fchmodat),     CALL(fchown),
    CALL(fchownat),     CALL(utimensat),    CALL(mkdirat),      CALL(mknodat),
    CALL(symlinkat),    CALL(linkat),       CALL(unlinkat),     CALL(renameat2),
    CALL(flock),        CALL(fcntl),        CALL(ioctl),        CALL(lseek),
    CALL(fstatfs),      CALL(getxattr),     CALL(lgetxattr),    CALL(fgetxattr),
    CALL(setxattr),     CALL(lsetxattr),    CALL(fsetxattr),    CALL(listxattr),
    CALL(llistxattr),   CALL(flistxattr),   CALL(removexattr),  CALL(lremovexattr),
    CALL(fremovexattr), CALL(signalfd4),    CALL(renameat),     CALL(sendfile),
    CALL(sync_file_range),
#ifdef SYS_open
    CALL(open),         CALL(stat),         CALL(lstat),        CALL(access),
    CALL(readlink),     CALL(mkdir),        CALL(rmdir),        CALL(unlink),
    CALL(rename),       CALL(link),         CALL(symlink),      CALL(chmod),
    CALL(chown),        CALL(getdents),
#endif
#undef CALL
};

const char *ct_name(int call) {
  for (size_t index = 0; index < COUNT(calls); index++)
    if (calls[index].number == call) return calls[index].name;
  return NULL;
}

/* Compares the number with each counted one: stops there, lets others pass. */
static int install_filter(void) {
  struct sock_filter program[COUNT(calls) + 3];
  size_t length = 0;
  program[length++] = (struct sock_filter)BPF_STMT(
      BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t index = 0; index < COUNT(calls); index++)
    program[length++] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[index].number,
        (unsigned char)(COUNT(calls) - index), 0);
  program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  struct sock_fprog whole = {.len = (unsigned short)length, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole);
}

static void become(char *const words[], char *const environment[], const char *directory,
                   const char *output) {
  int log = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || chdir(directory)) _exit(120);
  /* The tracer waits for this group only: it may have other children. */
  if (setpgid(0, 0)) _exit(124);
  if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(121);
  raise(SIGSTOP);
  if (install_filter()) _exit(122);
  execve(words[0], words, environment);
  _exit(123);
}

/* Lets the call at which a thread stands fail: it is not made, and answers -error. */
static int fail_call(pid_t thread, int error) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, thread, 0, &registers)) return -1;
  registers.orig_rax = (unsigned long long)-1;
  registers.rax = (unsigned long long)-error;
  return ptrace(PTRACE_SETREGS, thread, 0, &registers) ? -1 : 0;
}

static int call_of(pid_t thread) {
  errno = 0;
  long number = ptrace(PTRACE_PEEKUSER, thread, offsetof(struct user_regs_struct, orig_rax), 0);
  return errno ? -1 : (int)number;
}

/* Counts a stop and does what is to be done there; true when the process was killed. */
static int at_call(pid_t child, pid_t thread, long at, int action, struct ct_result *result) {
  result->count++;
  if (result->count != at) return 0;
  result->call = call_of(thread);
  if (action > 0) {
    fail_call(thread, action);
    return 0;
  }
  kill(child, -action);
  return -action == SIGKILL;
}

int ct_run(char *const words[], char *const environment[], const char *directory,
           const char *output, long at, int action, struct ct_result *result) {
  *result = (struct ct_result){.count = 0, .call = -1, .status = 0};
  pid_t child = fork();
  if (child < 0) return errno;
  if (!child) become(words, environment, directory, output);
  int status;
  if (waitpid(child, &status, 0) < 0) return errno;
  long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL |
                 PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
  if (ptrace(PTRACE_SETOPTIONS, child, 0, options) || ptrace(PTRACE_CONT, child, 0, 0)) {
    int failure = errno;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return failure;
  }
  for (;;) {
    pid_t thread = waitpid(-child, &status, __WALL);
    if (thread < 0) return errno == ECHILD ? 0 : errno;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      if (thread == child) result->status = status;
      continue;
    }
    int event = status >> 16, pass = 0;
    if (event == PTRACE_EVENT_SECCOMP) {
      if (at_call(child, thread, at, action, result)) continue;
    } else if (!event && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) {
      pass = WSTOPSIG(status);
    }
    /* It may have been killed meanwhile: then its end comes next. */
    ptrace(PTRACE_CONT, thread, 0, pass);
  }
}
