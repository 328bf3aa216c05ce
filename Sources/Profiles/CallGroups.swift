/// Named groups of system calls, as data; names that an architecture lacks are passed over.
package enum CallGroups {
  /// What happens to the calls of a group unless a profile says otherwise.
  package enum Standing: Sendable {
    case allowed
    /// EPERM.
    case forbidden
    /// ENOSYS, so that programs fall back to what can be checked.
    case absent
  }

  /// A group by its name with "@".
  package struct Group: Sendable {
    package let name: String
    package let standing: Standing
    package let calls: [String]
  }

  /// Every group; a call that is in none of them is unknown and gets ENOSYS.
  package static let all: [Group] = [
    group("@files", .allowed, files), group("@attributes", .allowed, attributes),
    group("@io", .allowed, io), group("@memory", .allowed, memory),
    group("@process", .allowed, process), group("@signals", .allowed, signals),
    group("@time", .allowed, time), group("@identity", .allowed, identity),
    group("@network", .allowed, network), group("@ipc", .allowed, ipc),
    group("@system", .allowed, system), group("@debug", .allowed, debug),
    group("@mount", .forbidden, mount), group("@namespaces", .forbidden, "unshare setns"),
    group("@keyring", .forbidden, "add_key keyctl request_key"),
    group("@bpf", .forbidden, "bpf"), group("@perf", .forbidden, "perf_event_open"),
    group("@userfault", .forbidden, "userfaultfd"),
    group("@module", .forbidden, "init_module finit_module delete_module create_module"),
    group("@machine", .forbidden, machine), group("@clock", .forbidden, clock),
    group("@handles", .forbidden, "open_by_handle_at lookup_dcookie fanotify_init fanotify_mark"),
    group("@io-uring", .absent, "io_uring_setup io_uring_enter io_uring_register"),
    group("@clone3", .absent, "clone3"),
    group("@modules-of-security", .absent, "lsm_get_self_attr lsm_list_modules lsm_set_self_attr"),
    group("@obsolete", .absent, "_sysctl sysfs uselib ustat"),
  ]

  /// The calls that a word means: a group's, or the one of that name; nil if it is no group.
  package static func calls(named word: String) -> [String]? {
    if word.hasPrefix("@") { return all.first { $0.name == word }?.calls }
    return [word]
  }

  /// Every word that a profile may use for calls: the groups, and the calls in them.
  static var words: [String] { all.map(\.name) + all.flatMap(\.calls) }

  /// The group that a call belongs to.
  package static func group(of call: String) -> Group? { all.first { $0.calls.contains(call) } }

  private static func group(_ name: String, _ standing: Standing, _ calls: String) -> Group {
    Group(
      name: name, standing: standing,
      calls: calls.split(whereSeparator: \.isWhitespace).map(String.init))
  }

  private static let files = """
    access chdir chmod chown close close_range creat dup dup2 dup3 faccessat faccessat2 fallocate
    fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync flock fstat fstatfs
    fsync ftruncate futimesat getcwd getdents getdents64 inotify_add_watch inotify_init
    inotify_init1 inotify_rm_watch lchown link linkat lseek lstat mkdir mkdirat mknod mknodat
    name_to_handle_at newfstatat open openat openat2 readlink readlinkat rename renameat renameat2
    rmdir stat statfs statx symlink symlinkat sync sync_file_range syncfs truncate umask unlink
    unlinkat utime utimensat utimes statmount listmount cachestat
    """
  private static let attributes = """
    fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat
    llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat
    file_getattr file_setattr
    """
  private static let io = """
    copy_file_range epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2
    epoll_wait epoll_wait_old eventfd eventfd2 fadvise64 io_cancel io_destroy io_getevents
    io_pgetevents io_setup io_submit ioctl pipe pipe2 poll ppoll pread64 preadv preadv2 pselect6
    pwrite64 pwritev pwritev2 read readahead readv select sendfile splice tee vmsplice write writev
    """
  private static let memory = """
    brk get_mempolicy madvise map_shadow_stack mbind membarrier memfd_create memfd_secret mincore
    mlock mlock2 mlockall mmap mprotect mremap mseal msync munlock munlockall munmap pkey_alloc
    pkey_free pkey_mprotect process_madvise process_mrelease remap_file_pages
    set_mempolicy set_mempolicy_home_node
    """
  private static let process = """
    arch_prctl capget capset clone execve execveat exit exit_group fork futex futex_requeue
    futex_wait futex_waitv futex_wake get_robust_list get_thread_area getcpu getpgid getpgrp getpid
    getpriority getppid getrlimit getrusage getsid gettid ioprio_get ioprio_set kill
    landlock_add_rule landlock_create_ruleset landlock_restrict_self personality pidfd_open
    pidfd_send_signal prctl prlimit64 restart_syscall rseq sched_get_priority_max
    sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
    sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
    sched_yield seccomp set_robust_list set_thread_area set_tid_address setpgid setpriority
    setrlimit setsid tgkill tkill vfork wait4 waitid riscv_flush_icache
    """
  private static let signals = """
    pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4
    """
  private static let time = """
    adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep getitimer gettimeofday
    nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
    timerfd_create timerfd_gettime timerfd_settime times
    """
  private static let identity = """
    getegid geteuid getgid getgroups getresgid getresuid getuid setfsgid setfsuid setgid setgroups
    setregid setresgid setresuid setreuid setuid
    """
  private static let network = """
    accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
    sendmmsg sendmsg sendto setsockopt shutdown socket socketpair
    """
  private static let ipc = """
    mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv
    msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget
    """
  private static let system = "getrandom sysinfo uname"
  private static let debug = "kcmp pidfd_getfd process_vm_readv process_vm_writev ptrace"
  private static let mount = """
    chroot fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree open_tree_attr
    pivot_root umount umount2
    """
  private static let machine = """
    acct ioperm iopl kexec_file_load kexec_load migrate_pages modify_ldt move_pages nfsservctl
    pciconfig_iobase pciconfig_read pciconfig_write quotactl quotactl_fd reboot setdomainname
    sethostname swapoff swapon syslog vhangup vm86 vm86old
    """
  private static let clock = "clock_settime settimeofday stime"
}
