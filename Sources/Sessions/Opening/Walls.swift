import Linux
import Sandbox

/// What the caller wants the box to be, from profile and command line, ready to be built.
package struct Walls: Sendable {
  /// The box apart from the roots and cowbox's own directories.
  package var plan: LaunchPlan
  /// More directories to show copy-on-write.
  package var copyOnWrite: [ByteString]
  /// Whether the home directory is shown copy-on-write.
  package var showsHome: Bool
  /// Names of variables that pass; one that ends in "*" stands for all that begin so.
  package var passed: [ByteString]
  /// Variables that are set, "NAME=value".
  package var set: [ByteString]
  /// The most bytes and files that the session may hold.
  package var maximumSize: Int64?
  package var maximumFiles: Int?

  /// Walls around a plan.
  package init(
    plan: LaunchPlan = LaunchPlan(), copyOnWrite: [ByteString] = [], showsHome: Bool = true,
    passed: [ByteString] = Walls.usuallyPassed, set: [ByteString] = []
  ) {
    self.plan = plan
    self.copyOnWrite = copyOnWrite
    self.showsHome = showsHome
    self.passed = passed
    self.set = set
  }

  /// What a program needs to know of its user, and nothing that is a secret.
  package static let usuallyPassed: [ByteString] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "LANG", "LANGUAGE", "LC_*",
    "TZ", "EDITOR", "VISUAL", "PAGER", "NO_COLOR", "CI", "COLUMNS", "LINES",
  ]

  /// The environment of the command, of what the caller has.
  package func environment(_ caller: [ByteString]) -> [ByteString] {
    let names = Set(self.set.map(Self.name))
    return caller.filter { variable in
      let name = Self.name(variable)
      return !names.contains(name) && passed.contains { Self.matches(name, $0) }
    } + self.set
  }

  private static func name(_ variable: ByteString) -> ByteString {
    ByteString(variable.bytes.prefix { $0 != UInt8(ascii: "=") })
  }

  private static func matches(_ name: ByteString, _ pattern: ByteString) -> Bool {
    guard pattern.bytes.last == UInt8(ascii: "*") else { return name == pattern }
    return name.bytes.starts(with: pattern.bytes.dropLast())
  }
}
