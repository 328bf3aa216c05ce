import CLinux
import Glibc

/// A set of capabilities, by the numbers that capabilities(7) has.
package struct CapabilitySet: OptionSet, Sendable {
  package let rawValue: UInt64
  /// Bit n stands for capability n.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The set of one capability.
  package static func number(_ number: Int) -> CapabilitySet {
    CapabilitySet(rawValue: 1 << UInt64(number))
  }

  /// CAP_SETGID and CAP_SETUID: what writing a whole map of ids needs.
  package static let setIDs = CapabilitySet(rawValue: 1 << 6 | 1 << 7)
}

extension Process {
  /// The capabilities that are in effect.
  ///
  /// The corresponding system call is `capget(2)`.
  package static func capabilities() throws(Errno) -> CapabilitySet {
    var (effective, permitted): (UInt64, UInt64) = (0, 0)
    try check { cl_get_capabilities(&effective, &permitted) }
    return CapabilitySet(rawValue: effective)
  }

  /// Gives up every capability but those kept, in all five sets, for good.
  ///
  /// The corresponding system calls are `prctl(2)` and `capset(2)`.
  package static func keepOnly(_ kept: CapabilitySet) throws(Errno) {
    for number in 0..<64 where !kept.contains(.number(number)) {
      // EINVAL: the kernel knows no capability of that number, nor of a higher one.
      if cl_drop_from_bounding(Int32(number)) == -1 {
        if Errno.last == .invalid { break }
        throw .last
      }
    }
    try check { cl_clear_ambient() }
    // All of securebits(7) but KEEP_CAPS, each with its lock: NOROOT, NO_SETUID_FIXUP,
    // NO_CAP_AMBIENT_RAISE; the last is left open while something is kept for programs.
    let bits: UInt = kept.isEmpty ? 0b1110_1111 : 0b0010_1111
    try check { cl_prctl(PR_SET_SECUREBITS, bits) }
    try check { cl_set_capabilities(kept.rawValue, kept.rawValue, kept.rawValue) }
    for number in 0..<64 where kept.contains(.number(number)) {
      try check { cl_raise_ambient(Int32(number)) }
    }
  }

  /// Keeps this process and its children from ever gaining privileges by exec.
  ///
  /// The corresponding system call is `prctl(2)` with `PR_SET_NO_NEW_PRIVS`.
  package static func refuseNewPrivileges() throws(Errno) { try check { cl_no_new_privileges() } }
}

/// Access rights and scopes of Landlock, by the numbers of the kernel's ABI.
package enum Landlock {
  /// The newest ABI that the kernel speaks, or 0 where Landlock is missing or off.
  ///
  /// The corresponding system call is `landlock_create_ruleset(2)`.
  package static var version: Int32 { max(0, cl_landlock_version()) }

  /// A rule set that handles these accesses; what it handles is denied until allowed.
  ///
  /// The corresponding system call is `landlock_create_ruleset(2)`.
  package static func ruleset(files: UInt64, scopes: UInt64) throws(Errno) -> OwnedDescriptor {
    OwnedDescriptor(owning: try check { cl_landlock_ruleset(files, 0, scopes) })
  }
}

extension Descriptor {
  /// Allows accesses beneath a directory, or to a file, in this rule set.
  ///
  /// The corresponding system call is `landlock_add_rule(2)`.
  package func allow(_ accesses: UInt64, beneath directory: Descriptor) throws(Errno) {
    try check { cl_landlock_allow(raw, directory.raw, accesses) }
  }

  /// Puts this rule set in force for the process and its children, for good.
  ///
  /// The corresponding system call is `landlock_restrict_self(2)`.
  package func restrictProcess() throws(Errno) { try check { cl_landlock_restrict(raw) } }
}

/// A filter of system calls, compiled for the kernel.
package struct FilterProgram: Sendable {
  package let instructions: [UInt8]

  /// A program as struct sock_filter has it, eight bytes each instruction.
  package init(instructions: [UInt8]) { self.instructions = instructions }

  /// Puts the filter in force; with a listener, answers the descriptor that hears of calls.
  ///
  /// The corresponding system call is `seccomp(2)`.
  package func install(listener: Bool = false) throws(Errno) -> OwnedDescriptor? {
    let count = UInt16(instructions.count / 8)
    let flags: UInt32 = listener ? 1 << 3 : 0
    let result = try check {
      instructions.withUnsafeBytes { cl_install_filter($0.baseAddress, count, flags) }
    }
    return listener ? OwnedDescriptor(owning: result) : nil
  }
}

extension Descriptor {
  /// The next call that a listening filter reports on this descriptor.
  ///
  /// The corresponding system call is `ioctl(2)` with `SECCOMP_IOCTL_NOTIF_RECV`.
  package func nextReportedCall() throws(Errno) -> ReportedCall {
    var call = ReportedCall(number: 0, firstArgument: 0, cookie: 0)
    try check { cl_next_reported_call(raw, &call.number, &call.firstArgument, &call.cookie) }
    return call
  }

  /// Lets a reported call go on as if nothing had been.
  ///
  /// The corresponding system call is `ioctl(2)` with `SECCOMP_IOCTL_NOTIF_SEND`.
  package func continueReportedCall(_ cookie: UInt64) throws(Errno) {
    try check { cl_continue_reported_call(raw, cookie) }
  }
}

extension Descriptor {
  /// Refuses a reported call with an error.
  ///
  /// The corresponding system call is `ioctl(2)` with `SECCOMP_IOCTL_NOTIF_SEND`.
  package func refuseReportedCall(_ cookie: UInt64, _ error: Errno) throws(Errno) {
    try check { cl_refuse_reported_call(raw, cookie, error.rawValue) }
  }
}

/// A system call that waits for a listener's answer.
package struct ReportedCall: Sendable {
  package var number: Int32
  package var firstArgument: UInt64
  /// What the answer is given with.
  package var cookie: UInt64
}
