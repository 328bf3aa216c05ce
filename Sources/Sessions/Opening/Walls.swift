import Linux
import Profiles
import Sandbox

/// What the caller wants the box to be, from profile and command line, ready to be built.
package struct Walls: Sendable {
  /// The box apart from the roots and cowbox's own directories.
  package var plan: LaunchPlan
  /// More directories to show copy-on-write.
  package var copyOnWrite: [ByteString]
  /// Whether the home directory is shown copy-on-write.
  package var showsHome: Bool
  /// What the profile says of variables.
  package var environment: EnvironmentRules
  /// Names of variables that the command line passes, whatever the profile says.
  package var passed: [ByteString] = []
  /// Variables that the command line sets, "NAME=value".
  package var set: [ByteString] = []
  /// The most bytes and files that the session may hold.
  package var maximumSize: Int64?
  package var maximumFiles: Int?
  /// How long each command may take.
  package var wallSeconds: UInt64?
  /// Ports of the box's loopback that the host may reach at its own.
  package var publish: [UInt16] = []
  /// What stands around every command, by topic; equal words are equal walls.
  package var terms: [String: String] = [:]

  /// Walls around a plan.
  package init(
    plan: LaunchPlan, copyOnWrite: [ByteString], showsHome: Bool, environment: EnvironmentRules
  ) {
    self.plan = plan
    self.copyOnWrite = copyOnWrite
    self.showsHome = showsHome
    self.environment = environment
  }

  /// Shows one more path in a way of its own, or hides it; what is shown is hidden no more.
  package mutating func show(_ path: ByteString, as mode: MountRule.Mode) {
    if mode == .mask {
      plan.masks.append(path)
    } else {
      // Failure does not matter: a mask that leads nowhere hides nothing.
      plan.masks.removeAll { $0 == path || (try? Process.canonical($0)) == path }
    }
    switch mode {
    case .readOnly: plan.mounts.append(.init(source: path, target: path, mode: .readOnly))
    case .readWrite: plan.mounts.append(.init(source: path, target: path, mode: .readWrite))
    case .scratch: plan.mounts.append(.init(source: path, target: path, mode: .scratch))
    case .copyOnWrite: copyOnWrite.append(path)
    case .mask: break
    }
    terms["files", default: ""] += "\n\(mode.rawValue) \(path.printable)"
  }

  /// Shows a path read-only at another place.
  package mutating func mount(_ source: ByteString, at target: ByteString) {
    plan.mounts.append(.init(source: source, target: target, mode: .readOnly))
  }

  /// The environment of the command, of what the caller has.
  package func environment(_ caller: [ByteString]) -> [ByteString] {
    let named = caller.filter { passed.contains(Self.name($0)) } + set
    let names = Set(named.map(Self.name))
    return environment.curate(caller).filter { !names.contains(Self.name($0)) } + named
  }

  private static func name(_ variable: ByteString) -> ByteString {
    ByteString(variable.bytes.prefix { $0 != UInt8(ascii: "=") })
  }
}
