import Linux

/// What a word of the command line stands for, told by how usage spells its place.
enum Meaning: Hashable, Sendable {
  case session, step, snapshot, profile, verb, root, risk
  /// A path of the session's view.
  case path
  case directory, file, setting
  case word(String)

  /// What the operand behind those before it may mean.
  ///
  /// A spelling is "[PATH...]", "SNAPSHOT|STEP" or "[list | show [PROFILE] | check FILE]": of
  /// alternatives that begin with a word of their own, that word decides what follows.
  static func ofOperand(behind operands: [ByteString], in spelling: String) -> [Meaning] {
    let ways = spelling.split(separator: "|").map { way in
      way.split(separator: " ").compactMap { Meaning($0) }
    }
    let chosen = ways.filter { way in
      guard case .word(let word)? = way.first, let said = operands.first else { return true }
      return ByteString(word) == said
    }
    return chosen.compactMap { way in
      if operands.count < way.count { return way[operands.count] }
      return spelling.contains("...") ? way.last : nil
    }
  }

  /// What the value of an option may mean.
  static func ofValue(_ spelling: String) -> [Meaning] {
    spelling.split { !$0.isLetter }.compactMap { Meaning($0) }
  }

  /// The meaning of one placeholder; what is written small is meant as it stands.
  private init?(_ spelled: Substring) {
    let placeholder = String(spelled.filter { $0.isLetter || $0 == "-" })
    switch placeholder {
    case "ID", "SESSION", "BRANCH": self = .session
    case "STEP": self = .step
    case "SNAPSHOT": self = .snapshot
    case "PROFILE": self = .profile
    case "COMMAND": self = .verb
    case "SETTING": self = .setting
    case "CLASS": self = .risk
    case "WHICH": self = .root
    case "PATH": self = .path
    case "DIR", "SOURCE", "MOUNTPOINT": self = .directory
    case "FILE": self = .file
    default:
      let isWord = !placeholder.isEmpty && placeholder.allSatisfy { $0.isLowercase || $0 == "-" }
      if !isWord { return nil }
      self = .word(placeholder)
    }
  }
}
