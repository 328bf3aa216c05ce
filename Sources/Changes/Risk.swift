import Linux

/// A class of changes that may act by themselves once they are in the project: apply holds them
/// back until the user allows the class or the path.
package enum Risk: String, Sendable, CaseIterable {
  case gitHooks = "git-hooks"
  case gitConfig = "git-config"
  case continuousIntegration = "ci"
  case shellStartup = "shell"
  case editor
  case tasks
  case setuid
  case leavingSymlink = "symlink"
  case controlCharacters = "name"

  /// Why it is held back, to stand behind the path.
  package var words: String {
    switch self {
    case .gitHooks: "git runs it on the host"
    case .gitConfig: "it can make git run programs on the host"
    case .continuousIntegration: "the build server runs it"
    case .shellStartup: "a shell runs it when it starts or enters the directory"
    case .editor: "an editor runs what it says when the project is opened"
    case .tasks: "task runners and package managers run what it says"
    case .setuid: "it runs with its owner's rights"
    case .leavingSymlink: "it points out of the project"
    case .controlCharacters: "its name has characters that terminals obey"
    }
  }

  /// The risks of one entry of a plan; what is only deleted acts no more.
  package static func all(in change: Change) -> [Risk] {
    guard change.kind != .deleted, let new = change.new else { return [] }
    var found: [Risk] = []
    if new.kind != .directory || change.kind == .renamed {
      // What comes along in a directory, or behind a symlink, is no entry of its own.
      let leadsOn = new.kind == .directory || new.kind == .symlink
      found = RiskTable.risks(at: change.path, withAllBelow: leadsOn)
    }
    if new.kind == .regular, new.permissions & 0o6000 != 0, addsBits(change, new) {
      found.append(.setuid)
    }
    if let target = new.target, leaves(target, from: change.path) { found.append(.leavingSymlink) }
    if change.kind != .modified, obeys(change.path) { found.append(.controlCharacters) }
    return found
  }

  /// Whether a terminal obeys some of a name, or may: it is no text that can be judged.
  private static func obeys(_ path: ByteString) -> Bool {
    guard let name = path.string else { return true }
    return name.unicodeScalars.contains(where: ByteString.isUnsafe)
  }

  private static func addsBits(_ change: Change, _ new: Facts) -> Bool {
    change.differences.contains(.content) || change.old?.permissions != new.permissions
  }

  /// Whether a symlink's target lies outside of the root, as far as the path itself tells.
  private static func leaves(_ target: ByteString, from path: ByteString) -> Bool {
    if target.bytes.first == 0x2F { return true }
    var depth = path.parent.components.count
    for name in target.components {
      if name == ".." { depth -= 1 } else if name != "." { depth += 1 }
      if depth < 0 { return true }
    }
    return false
  }
}

extension Plan {
  /// The entries that hold a risk which nobody allowed, with their risks.
  package func risks(allowing classes: Set<Risk> = [], paths: [Pattern] = []) -> [(Change, [Risk])]
  {
    changes.compactMap { change in
      if paths.contains(where: { $0.matches(change.path) }) { return nil }
      let found = Risk.all(in: change).filter { !classes.contains($0) }
      return found.isEmpty ? nil : (change, found)
    }
  }
}
