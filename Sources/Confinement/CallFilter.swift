import CSeccomp
import Glibc
import Linux
import Profiles

/// Compiles a profile's rules for system calls into the kernel's filter.
///
/// Two filters are made by libseccomp and joined: the first knows what arguments are refused, the
/// second which calls are served. One list can't say both: in libseccomp a call that is allowed
/// as a whole hides every rule about its arguments.
package enum CallFilter {
  /// The filter for this machine's architecture, or for another that libseccomp names.
  package static func compile(
    _ rules: CallRules, userNamespaces: Bool, architecture: String? = nil,
    cache: FilterCache? = nil
  ) throws(Errno) -> FilterProgram? {
    if rules.mode == .off { return nil }
    let decision = CallDecision(rules, userNamespaces: userNamespaces)
    guard let cache, architecture == nil else { return try compile(decision, architecture) }
    return try cache.program(for: decision) { () throws(Errno) in try compile(decision, nil) }
  }

  private static func compile(_ decision: CallDecision, _ architecture: String?) throws(Errno)
    -> FilterProgram
  {
    let arguments = try Compiler(otherwise: allow, architecture: architecture)
    try refuseArguments(in: arguments, decision)
    let calls = try Compiler(otherwise: decision.refusal(ENOSYS), architecture: architecture)
    for name in decision.allowed { try calls.add(allow, name) }
    for name in decision.forbidden { try calls.add(decision.refusal(EPERM), name) }
    for value: UInt64 in [0, 8, 0x40000, 0xFFFF_FFFF] {
      // PER_LINUX, PER_LINUX32, ADDR_NO_RANDOMIZE (gdb), and asking for the present one.
      try calls.add(allow, "personality", [equal(0, value)])
    }
    return FilterProgram.joined(try arguments.program(), try calls.program())
  }

  /// The terminal's injections, other namespaces, and families of sockets that leave the box.
  private static func refuseArguments(in compiler: Compiler, _ decision: CallDecision)
    throws(Errno)
  {
    let denied = decision.refusal(EPERM)
    // The kernel looks at the low 32 bits of the request only (CVE-2019-10063).
    for request: UInt64 in [0x5412, 0x541C] {  // TIOCSTI, TIOCLINUX
      try compiler.add(denied, "ioctl", [masked(1, 0xFFFF_FFFF, request)])
    }
    if !decision.allowsNamespaces {
      for flag in namespaceFlags { try compiler.add(denied, "clone", [masked(0, flag, flag)]) }
    }
    let noFamily = decision.refusal(EAFNOSUPPORT)
    for family: UInt64 in 0...45 where !decision.families.contains(family) {
      try compiler.add(noFamily, "socket", [equal(0, family)])
      try compiler.add(noFamily, "socketpair", [equal(0, family)])
    }
    let tooHigh = scmp_arg_cmp(arg: 0, op: SCMP_CMP_GT, datum_a: 45, datum_b: 0)
    try compiler.add(noFamily, "socket", [tooHigh])
    try compiler.add(noFamily, "socketpair", [tooHigh])
  }

  /// CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
  private static let namespaceFlags: [UInt64] = [
    0x80, 0x20000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
  ]

  private static let allow: UInt32 = 0x7FFF_0000  // SCMP_ACT_ALLOW

  private static func equal(_ argument: UInt32, _ value: UInt64) -> scmp_arg_cmp {
    masked(argument, 0xFFFF_FFFF, value)
  }

  private static func masked(_ argument: UInt32, _ mask: UInt64, _ value: UInt64) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
  }
}

/// Which calls a profile serves, by name.
struct CallDecision {
  private(set) var allowed: [String] = []
  private(set) var forbidden: [String] = []
  let allowsNamespaces: Bool
  private let reports: Bool
  /// AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK; AF_VSOCK above all leaves every namespace.
  let families: Set<UInt64> = [1, 2, 10, 16]

  init(_ rules: CallRules, userNamespaces: Bool) {
    reports = rules.mode == .log
    var wanted = Set(rules.allow.flatMap { CallGroups.calls(named: $0) ?? [] })
    let refused = Set(rules.deny.flatMap { CallGroups.calls(named: $0) ?? [] })
    if userNamespaces {
      for group in ["@namespaces", "@mount"] {
        wanted.formUnion(CallGroups.calls(named: group) ?? [])
      }
    }
    allowsNamespaces = wanted.contains("unshare")
    var listed: Set<String> = ["personality"]
    for group in CallGroups.all {
      for call in group.calls where listed.insert(call).inserted {
        if refused.contains(call) {
          forbidden.append(call)
        } else if group.standing == .allowed || wanted.contains(call) {
          allowed.append(call)
        } else if group.standing == .forbidden {
          forbidden.append(call)
        }
      }
    }
    allowed += wanted.subtracting(listed).subtracting(refused).sorted()
    forbidden += refused.subtracting(listed).sorted()
  }

  /// What a call that is not served gets: the error, or a word to the listener.
  func refusal(_ errno: Int32) -> UInt32 {
    // SCMP_ACT_NOTIFY and SCMP_ACT_ERRNO
    reports ? 0x7FC0_0000 : 0x0005_0000 | UInt32(errno)
  }
}
