/// One key of a profile that holds a value by itself, as `cowbox config` names it.
package struct Setting: Sendable {
  /// What its value looks like.
  package enum Kind: Sendable, Equatable {
    case text, flag, number, size, duration, processors
    case choice([String])
    /// Strings, of which every file adds its own.
    case words
    case ports
    /// Names with a string each.
    case pairs
  }

  /// "limits.memory": the table and the key in it, or a key of the file itself.
  package let name: String
  package let kind: Kind
  package let summary: String

  init(_ name: String, _ kind: Kind, _ summary: String) {
    (self.name, self.kind, self.summary) = (name, kind, summary)
  }

  /// The table's name; empty for a key of the file itself.
  var table: String { name.contains(".") ? String(name.prefix { $0 != "." }) : "" }
  /// The key in its table.
  var key: String { String(name.split(separator: ".").last ?? "") }

  /// Every key there is, in the order in which a file has them.
  package static let all: [Setting] =
    [
      Setting("description", .text, "what the profile is for, in a line"),
      Setting("base", choice(Profile.Base.self), "what the view starts from: the host, or nothing"),
      Setting("fakeroot", .flag, "whether the command sees itself as user 0"),
      Setting("user-namespaces", .flag, "whether the command may make user namespaces"),
      Setting("env.pass", .words, "variables handed on to the command; '*' ends a name"),
      Setting("env.set", .pairs, "variables with values of their own"),
      Setting("env.deny", .words, "variables never handed on, whatever else says so"),
      Setting("network.mode", choice(NetworkRules.Mode.self), "none, the host's, or some names"),
      Setting("network.allow", .words, "the names that may be reached: 'example.org:443'"),
      Setting("network.publish", .ports, "ports inside that the host may reach"),
      Setting("seccomp.mode", choice(CallRules.Mode.self), "what becomes of other system calls"),
      Setting("seccomp.allow", .words, "groups and system calls that are served besides"),
      Setting("seccomp.deny", .words, "groups and system calls that are refused"),
      Setting("capabilities.keep", .words, "capabilities that the command keeps"),
      Setting("mcp.apply", .flag, "whether agents may apply and discard; your own file only"),
      Setting("landlock.mode", choice(Requirement.self), "how much Landlock is insisted on"),
    ] + ProfileChange.Limit.allCases.map { Setting("limits.\($0.rawValue)", $0.kind, $0.summary) }

  private static func choice<Word: CaseIterable & RawRepresentable>(_: Word.Type) -> Kind
  where Word.RawValue == String {
    .choice(Word.allCases.map(\.rawValue))
  }

  /// The key of that name; another one is an error that names the nearest.
  package static func named(_ name: String) throws(SettingError) -> Setting {
    if let found = all.first(where: { $0.name == name }) { return found }
    let near = Nearest.to(name, among: all.map(\.name))
    let same = all.first { $0.key == name }?.name
    throw SettingError("there is no setting '\(name)'", suggestion: same ?? near)
  }
}

/// Why a setting can't be read or written.
package struct SettingError: Error {
  package let sentence: String
  package let suggestion: String?

  init(_ sentence: String, suggestion: String? = nil) {
    (self.sentence, self.suggestion) = (sentence, suggestion)
  }
}

extension ProfileChange.Limit {
  fileprivate var kind: Setting.Kind {
    switch self {
    case .memory, .size, .scratch: .size
    case .cpu, .time: .duration
    case .cpus: .processors
    case .processes, .openFiles, .files: .number
    }
  }

  fileprivate var summary: String {
    switch self {
    case .memory: "the most memory of a run"
    case .processes: "the most processes of a run"
    case .openFiles: "the most open files of a process"
    case .cpu: "the most processor time of a process"
    case .cpus: "the most processors that work for a run at a time"
    case .time: "how long a run may take"
    case .size: "how much a session may hold"
    case .files: "how many files a session may hold"
    case .scratch: "how much each private directory in memory may hold"
    }
  }
}
