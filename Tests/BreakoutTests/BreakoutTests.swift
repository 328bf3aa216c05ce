import Glibc
import Testing

/// Programs that were written to break out of a box, and proofs that they would.
@Suite(.serialized) struct BreakoutTests {
  /// What needs a kernel, or a machine, that is not everywhere; there is no proof without it.
  private static let unprovable: Set<String> = [
    "kexec", "kexec-file", "init-module", "finit-module", "delete-module", "iopl", "x32-entry",
    "i386-entry", "i386-mount", "unknown-call", "modprobe-path", "sysrq", "uevent-helper",
    "power-state", "route-out", "route-out6", "metadata-service", "crypto-socket", "key-socket",
    "xdp-socket", "vsock", "socket-family-high-bits", "tioclinux", "tioclinux-high-bits",
    "release-agent", "leave-control-group", "abort-fuse", "quota", "swapon", "acct", "io-uring",
    "perf-event-open", "userfaultfd", "see-interfaces", "write-system-files", "remove-outside",
    "find-host-devices", "mount-proc", "connect-loopback6", "trace-marker", "binary-format",
    "module-setting", "panic-setting", "make-control-group", "change-flags-outside",
    // These ask a proxy, which only a box has; where an address is allowed they get out, see below.
    "proxy-literal", "proxy-other-spellings", "proxy-other-port", "proxy-metadata",
    "proxy-smuggled", "proxy-by-socks", "proxy-by-socks6", "proxy-by-socks-name",
  ]

  @Test(arguments: ["default", "agent", "strict"])
  func `nothing breaks out of a box`(profile: String) throws {
    let outcomes = try Arena().inside(profile: profile)
    #expect(outcomes.count >= 165, "only \(outcomes.count) attempts were made")
    for (name, escaped) in outcomes.sorted(by: { $0.key < $1.key }) {
      #expect(!escaped, "'\(name)' broke out of '\(profile)'")
    }
  }

  @Test func `every attempt gets out where there is no wall`() throws {
    let outcomes = try Arena().outside()
    // An ordinary user may not mount and the like, with or without a wall.
    guard getuid() == 0 else { return #expect(outcomes["write-directly"] == true) }
    for (name, escaped) in outcomes where !Self.unprovable.contains(name) {
      #expect(escaped, "'\(name)' proves nothing: it is held without a wall too")
    }
  }

  @Test func `without the filter the calls it forbids get through`() throws {
    let names = ["unshare-user", "keyctl", "io-uring", "tiocsti-high-bits", "clone3-user"]
    let outcomes = try Arena().inside(names, ["--seccomp", "off", "--no-landlock"])
    for name in names { #expect(outcomes[name] == true, "'\(name)' is not held by the filter") }
  }

  @Test func `with names of the network allowed nothing goes past the proxy`() throws {
    let held = [
      "connect-loopback", "connect-loopback6", "route-out", "route-out6", "metadata-service",
      "abstract-socket", "path-socket", "packet-socket", "raw-socket", "vsock", "see-interfaces",
      "change-link", "socket-family-high-bits",
    ]
    let outcomes = try Arena().inside(held, ["--allow-net", "example.org"])
    for name in held { #expect(outcomes[name] == false, "'\(name)' broke out") }
  }

  @Test func `the proxy lets nobody past who was not named, in whatever words`() throws {
    let arena = try Arena()
    let attempts = [
      "proxy-literal", "proxy-other-spellings", "proxy-other-port", "proxy-metadata",
      "proxy-smuggled", "proxy-by-socks", "proxy-by-socks6", "proxy-by-socks-name",
    ]
    let outcomes = try arena.inside(
      attempts,
      ["--allow-net", "example.org:443", "--allow-net", "localhost", "--allow-net", "*.org"])
    for name in attempts { #expect(outcomes[name] == false, "'\(name)' broke out") }
    // The same attempts get out where the address itself is allowed.
    let allowed = try arena.inside(attempts, ["--allow-net", "127.0.0.1:\(arena.port)"])
    for name in ["proxy-literal", "proxy-by-socks", "proxy-by-socks-name"] {
      #expect(allowed[name] == true, "'\(name)' proves nothing")
    }
  }

  @Test func `with user namespaces allowed only those are`() throws {
    let held = [
      "write-directly", "read-secret", "trace-init", "keyctl", "have-capabilities", "signal-keeper",
      "connect-loopback", "path-socket", "tiocsti", "bpf",
    ]
    let outcomes = try Arena().inside(held + ["unshare-user"], ["--user-namespaces"])
    #expect(outcomes["unshare-user"] == true)
    for name in held { #expect(outcomes[name] == false, "'\(name)' broke out") }
  }
}
