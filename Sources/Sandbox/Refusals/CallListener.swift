import Confinement
import Linux
import Profiles

/// Hears of the calls that the filter refuses, counts them, and refuses them, or lets them go on
/// where the filter is only tried out.
struct CallListener: Sendable {
  let listener: Int32
  /// Whether calls are let go on.
  let onlyNotes: Bool

  /// What was called: the first argument is kept only where it tells one refusal from another.
  struct Key: Hashable, Sendable {
    let number: Int32
    let argument: UInt64
  }

  /// Answers the call that waits; nil when there was none, false when no process is left.
  func answer() throws(Errno) -> Key? {
    do throws(Errno) {
      let call = try Descriptor(listener).nextReportedCall()
      if onlyNotes {
        try Descriptor(listener).continueReportedCall(call.cookie)
      } else {
        try Descriptor(listener).refuseReportedCall(
          call.cookie, CallFilter.refusal(of: call.number))
      }
      let name = CallFilter.name(of: call.number)
      let isTelling = ["socket", "socketpair", "ioctl"].contains(name)
      // The kernel looks at the low half only.
      let argument = name == "ioctl" ? 0 : call.firstArgument & 0xFFFF_FFFF
      return Key(number: call.number, argument: isTelling ? argument : 0)
    } catch .noEntry {
      // The process was killed while its call waited for an answer.
      return nil
    }
  }

  /// A counted call as it is told.
  func refusal(_ key: Key, _ count: Int) -> Refusal {
    let name = CallFilter.name(of: key.number)
    let (what, rule, remedy): (String, String, String?) =
      switch name {
      case "socket", "socketpair":
        ("\(name) of family \(key.argument)", "families of sockets", nil)
      case "ioctl": ("ioctl of a terminal's input", "terminal", nil)
      case "clone", "unshare", "setns":
        ("\(name) of namespaces", "[seccomp] @namespaces", "--allow-userns")
      default: (name, "[seccomp] \(Self.group(name))", Self.remedy(name))
      }
    return Refusal(
      .call, what, rule: rule, count: count, remedy: remedy, isOnlyNoted: onlyNotes)
  }

  private static func group(_ name: String) -> String {
    CallGroups.group(of: name)?.name ?? "unknown calls"
  }

  private static func remedy(_ name: String) -> String? {
    guard let group = CallGroups.group(of: name) else { return nil }
    // A group that is usual was denied by name, so that only the profile can take that back.
    if group.standing == .allowed { return "no '\(name)' in 'deny' under [seccomp] of the profile" }
    return "'allow = [\"\(group.name)\"]' under [seccomp] of a profile"
  }
}
