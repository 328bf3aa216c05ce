import Linux

/// One profile file as it is written: what it changes, and where each change stands.
package struct ProfileLayer: Sendable {
  package let file: String
  /// Whether cowbox came with it.
  package let isBuiltIn: Bool
  /// The SHA-256 of the file's bytes, which `cowbox trust` remembers.
  package let hash: String
  /// The profile below this one, by name or path.
  let base: Placed<String>?
  package private(set) var changes: [(change: ProfileChange, line: Int, column: Int)] = []

  /// Reads a file's text; every key that a profile does not have is an error.
  package init(_ text: [UInt8], file: String, isBuiltIn: Bool = false) throws(ProfileError) {
    self.file = file
    self.isBuiltIn = isBuiltIn
    hash = Self.hash(of: text)
    let mistakes = Mistakes(in: file)
    let document = try TomlValue.parse(text, file: file)
    guard var top = TableReader(document, named: "", mistakes) else {
      base = nil
      try mistakes.end()
      return
    }
    base = top.string("extends")
    read(&top, mistakes)
    try mistakes.end()
  }

  private mutating func read(_ top: inout TableReader, _ mistakes: Mistakes) {
    add(top.string("description")) { .summary($0) }
    add(top.choice("base")) { .base($0) }
    add(top.boolean("fakeroot")) { .fakeRoot($0) }
    add(top.boolean("user-namespaces")) { .userNamespaces($0) }
    for var table in top.tables("mount") ?? [] { readMount(&table, mistakes) }
    if var table = top.table("env") { readEnvironment(&table) }
    if var table = top.table("network") { readNetwork(&table, mistakes) }
    if var table = top.table("seccomp") { readCalls(&table) }
    if var table = top.table("capabilities") { readCapabilities(&table) }
    if var table = top.table("limits") { readLimits(&table) }
    if var table = top.table("mcp") {
      add(table.boolean("apply")) { .agentsMayApply($0) }
      table.finish()
    }
    if var table = top.table("landlock") {
      add(table.choice("mode")) { .landlock($0) }
      table.finish()
    }
    top.finish()
  }

  /// The SHA-256 of bytes, in hexadecimal digits.
  static func hash(of bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = SHA256.digest(bytes).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func add<Value>(_ placed: Placed<Value>?, _ change: (Value) -> ProfileChange) {
    guard let placed else { return }
    changes.append((change(placed.value), placed.line, placed.column))
  }

  private mutating func readMount(_ table: inout TableReader, _ mistakes: Mistakes) {
    let before = mistakes.all.count
    let source = table.stringOrStrings("source")
    let target = table.string("target")
    let mode: Placed<MountRule.Mode>? = table.choice("mode")
    let optional = table.boolean("optional")?.value
    table.finish()
    // A rule that is half understood would only bring mistakes that are none.
    guard mistakes.all.count == before else { return }
    guard let place = source ?? target.map({ $0.map { [$0] } }) else {
      return mistakes.add(
        line: table.line, column: table.column,
        "a [[mount]] needs a source, or a target for tmpfs")
    }
    guard let mode = mode?.value else {
      return mistakes.add(
        line: place.line, column: place.column,
        "a [[mount]] needs a mode: ro, rw, cow, tmpfs or mask")
    }
    if let sentence = Self.mistake(in: place.value, target: target?.value, mode) {
      return mistakes.add(line: place.line, column: place.column, sentence)
    }
    for path in place.value {
      let rule = MountRule(
        path, target: target?.value, mode: mode,
        optional: optional ?? (mode == .mask || mode == .scratch))
      add(place) { _ in .mount(rule) }
    }
  }

  /// What is wrong with a rule whose keys are right.
  private static func mistake(in paths: [String], target: String?, _ mode: MountRule.Mode)
    -> String?
  {
    // With another target than its source, a mask would take the place of one that hides a secret.
    if target != nil, mode == .mask || mode == .copyOnWrite {
      return "a [[mount]] of mode \(mode.rawValue) stays where it is and has no target"
    }
    if paths.count > 1, target != nil { return "a [[mount]] of several sources has no target" }
    let wrong = paths.first { !"/~$".contains($0.first ?? " ") }
    return wrong.map { "'\($0)' must begin with /, ~ or $" }
  }

  private mutating func readEnvironment(_ table: inout TableReader) {
    add(table.strings("pass")) { .pass($0) }
    add(table.dictionary("set")) { .set($0) }
    add(table.strings("deny")) { .deny($0) }
    table.finish()
  }

  private mutating func readNetwork(_ table: inout TableReader, _ mistakes: Mistakes) {
    let names = table.strings("allow")
    let mode: Placed<NetworkRules.Mode>? = table.choice("mode")
    if let names, mode == nil { add(names) { _ in .network(.allow) } }
    add(mode) { .network($0) }
    if let names {
      for name in names.value where NetworkName(name) == nil {
        mistakes.add(
          line: names.line, column: names.column,
          "'\(name)' is no network name; it looks like 'example.org:443' or '*.example.org'")
      }
      add(names) { .allowNames($0) }
    }
    add(table.ports("publish")) { .publish($0) }
    table.finish()
  }

  private mutating func readCalls(_ table: inout TableReader) {
    add(table.choice("mode")) { .calls($0) }
    let what = "system call or group of them"
    add(table.words("allow", among: CallGroups.words, what)) { .allowCalls($0) }
    add(table.words("deny", among: CallGroups.words, what)) { .denyCalls($0) }
    table.finish()
  }

  private mutating func readCapabilities(_ table: inout TableReader) {
    add(
      table.words("keep", among: Capabilities.names, "capability", spelling: Capabilities.plain)
    ) { .capabilities($0) }
    table.finish()
  }

  private mutating func readLimits(_ table: inout TableReader) {
    for limit in ProfileChange.Limit.allCases {
      let placed: Placed<UInt64>? =
        switch limit {
        case .memory, .size, .scratch:
          table.amount(limit.rawValue, "a size like \"512M\"", Amount.bytes)
        case .cpus: table.processors(limit.rawValue)
        case .cpu, .time:
          table.amount(limit.rawValue, "a duration like \"10m\"", Amount.seconds)
        case .processes, .openFiles, .files:
          table.amount(limit.rawValue, "a number") { UInt64($0) }
        }
      add(placed) { .limit(limit, $0) }
    }
    table.finish()
  }
}
