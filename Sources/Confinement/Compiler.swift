import CSeccomp
import Glibc
import Linux

/// A filter that libseccomp builds up rule by rule.
final class Compiler {
  private let context: scmp_filter_ctx

  /// A filter that does `otherwise` with a call that no rule speaks of.
  init(otherwise: UInt32, architecture: String?) throws(Errno) {
    guard let context = seccomp_init(otherwise) else { throw .invalid }
    self.context = context
    // Another ABI of the machine (i386, x32) gets no service, but no program is killed for it.
    let noService = 0x0005_0000 | UInt32(ENOSYS)
    try Self.check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, noService))
    // Walls sets it itself, and shows the error where it belongs.
    try Self.check(seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0))
    guard let architecture else { return }
    let token = seccomp_arch_resolve_name(architecture)
    if token != seccomp_arch_native() {
      try Self.check(seccomp_arch_add(context, token))
      try Self.check(seccomp_arch_remove(context, seccomp_arch_native()))
    }
  }

  deinit { seccomp_release(context) }

  /// Adds a rule; a call that libseccomp or the architecture does not know is passed over.
  func add(_ action: UInt32, _ name: String, _ conditions: [scmp_arg_cmp] = []) throws(Errno) {
    let number = seccomp_syscall_resolve_name(name)
    if number == __NR_SCMP_ERROR { return }
    let result = conditions.withUnsafeBufferPointer {
      seccomp_rule_add_array(context, action, number, UInt32($0.count), $0.baseAddress)
    }
    // EACCES: the rule says what happens anyway; EDOM: the architecture has no such call.
    if result == -EACCES || result == -EDOM || result == -EEXIST { return }
    try Self.check(result)
  }

  /// The filter as the kernel takes it.
  func program() throws(Errno) -> FilterProgram {
    let file = try OwnedDescriptor.inMemory()
    try Self.check(seccomp_export_bpf(context, file.raw))
    return FilterProgram(instructions: try file.borrowed.readAll(limit: 1 << 20))
  }

  private static func check(_ result: Int32) throws(Errno) {
    if result < 0 { throw Errno(-result) }
  }
}

extension FilterProgram {
  /// The first program, and where that would allow, the second.
  static func joined(_ first: FilterProgram, _ second: FilterProgram) -> FilterProgram {
    var bytes = first.instructions
    let count = bytes.count / 8
    for index in 0..<count {
      let at = index * 8
      // struct sock_filter { code, jt, jf, k }: BPF_RET | BPF_K with SECCOMP_RET_ALLOW.
      guard bytes[at..<at + 8].elementsEqual([0x06, 0, 0, 0, 0, 0, 0xFF, 0x7F]) else { continue }
      let distance = UInt32(count - index - 1)
      let jump: [UInt8] = [0x05, 0, 0, 0]  // BPF_JMP | BPF_JA
      bytes.replaceSubrange(
        at..<at + 8, with: jump + withUnsafeBytes(of: distance.littleEndian) { Array($0) })
    }
    return FilterProgram(instructions: bytes + second.instructions)
  }
}

extension FilterProgram {
  /// The same program, which asks the listener where this one answers EPERM or EAFNOSUPPORT.
  ///
  /// ENOSYS stays: it is asked for by every program that tries what is new first.
  var telling: FilterProgram {
    var bytes = instructions
    for at in stride(from: 0, to: bytes.count, by: 8) {
      let told = [EPERM, EAFNOSUPPORT].contains { errno in
        // BPF_RET | BPF_K with SECCOMP_RET_ERRNO and the number.
        bytes[at..<at + 8].elementsEqual([0x06, 0, 0, 0, UInt8(errno), 0, 0x05, 0])
      }
      // SECCOMP_RET_USER_NOTIF
      if told { bytes.replaceSubrange(at + 4..<at + 8, with: [0, 0, 0xC0, 0x7F]) }
    }
    return FilterProgram(instructions: bytes)
  }
}

extension CallFilter {
  /// What the filter answers to a call that it reports and that is to be refused.
  package static func refusal(of number: Int32) -> Errno {
    let name = name(of: number)
    return name == "socket" || name == "socketpair" ? Errno(EAFNOSUPPORT) : .notPermitted
  }

  /// Whether libseccomp knows a call of that name, on any architecture.
  package static func isKnown(_ call: String) -> Bool {
    seccomp_syscall_resolve_name(call) != __NR_SCMP_ERROR
  }

  /// The name of a call of this machine, or its number where libseccomp knows none.
  package static func name(of number: Int32) -> String {
    guard let name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number) else {
      return String(number)
    }
    defer { free(name) }
    return String(cString: name)
  }
}
