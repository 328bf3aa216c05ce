import Linux

/// One profile file as it is written: what it changes, and where each change stands.
package struct ProfileLayer: Sendable {
  package let file: String
  /// Whether cowbox came with it.
  package let isBuiltIn: Bool
  /// The SHA-256 of the file's bytes, which `cowbox trust` remembers.
  package let hash: String
  /// The profile below this one, by name or path.
  package let extends: String?
  package private(set) var changes: [(change: ProfileChange, line: Int, column: Int)] = []

  /// Reads a file's text; every key that a profile does not have is an error.
  package init(_ text: [UInt8], file: String, isBuiltIn: Bool = false) throws(ProfileError) {
    self.file = file
    self.isBuiltIn = isBuiltIn
    hash = Self.hash(of: text)
    var top = try TableReader(try TomlValue.parse(text, file: file), named: "", file: file)
    extends = try top.string("extends")?.value
    add(try top.string("description")) { .summary($0) }
    add(try top.choice("base")) { .base($0) }
    add(try top.boolean("fakeroot")) { .fakeRoot($0) }
    add(try top.boolean("user-namespaces")) { .userNamespaces($0) }
    for var table in try top.tables("mount") ?? [] { try readMount(&table) }
    if var table = try top.table("env") { try readEnvironment(&table) }
    if var table = try top.table("network") { try readNetwork(&table) }
    if var table = try top.table("seccomp") { try readCalls(&table) }
    if var table = try top.table("capabilities") { try readCapabilities(&table) }
    if var table = try top.table("limits") { try readLimits(&table) }
    if var table = try top.table("mcp") {
      add(try table.boolean("apply")) { .agentsMayApply($0) }
      try table.finish()
    }
    if var table = try top.table("landlock") {
      add(try table.choice("mode")) { .landlock($0) }
      try table.finish()
    }
    try top.finish()
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

  private mutating func readMount(_ table: inout TableReader) throws(ProfileError) {
    let source = try table.stringOrStrings("source")
    let target = try table.string("target")
    let mode: Placed<MountRule.Mode>? = try table.choice("mode")
    let optional = try table.boolean("optional")?.value
    try table.finish()
    guard let place = source ?? target.map({ $0.map { [$0] } }) else {
      throw ProfileError(file: file, "a [[mount]] needs a source, or a target for tmpfs")
    }
    func mistake(_ sentence: String) -> ProfileError {
      ProfileError(file: file, line: place.line, column: place.column, sentence)
    }
    guard let mode = mode?.value else {
      throw mistake("a [[mount]] needs a mode: ro, rw, cow, tmpfs or mask")
    }
    // With another target than its source, a mask would take the place of one that hides a secret.
    if target != nil, mode == .mask || mode == .copyOnWrite {
      throw mistake("a [[mount]] of mode \(mode.rawValue) stays where it is and has no target")
    }
    if place.value.count > 1 && target != nil {
      throw mistake("a [[mount]] of several sources has no target")
    }
    for path in place.value {
      let first = path.first ?? " "
      guard "/~$".contains(first) else { throw mistake("'\(path)' must begin with /, ~ or $") }
      let rule = MountRule(
        path, target: target?.value, mode: mode,
        optional: optional ?? (mode == .mask || mode == .scratch))
      add(place) { _ in .mount(rule) }
    }
  }

  private mutating func readEnvironment(_ table: inout TableReader) throws(ProfileError) {
    add(try table.strings("pass")) { .pass($0) }
    add(try table.dictionary("set")) { .set($0) }
    add(try table.strings("deny")) { .deny($0) }
    try table.finish()
  }

  private mutating func readNetwork(_ table: inout TableReader) throws(ProfileError) {
    let names = try table.strings("allow")
    let mode: Placed<NetworkRules.Mode>? = try table.choice("mode")
    if let names, mode == nil { add(names) { _ in .network(.allow) } }
    add(mode) { .network($0) }
    if let names {
      for name in names.value where NetworkName(name) == nil {
        throw ProfileError(
          file: file, line: names.line, column: names.column,
          "'\(name)' is no network name; it looks like 'example.org:443' or '*.example.org'")
      }
      add(names) { .allowNames($0) }
    }
    add(try table.ports("publish")) { .publish($0) }
    try table.finish()
  }

  private mutating func readCalls(_ table: inout TableReader) throws(ProfileError) {
    add(try table.choice("mode")) { .calls($0) }
    let what = "system call or group of them"
    add(try table.words("allow", among: CallGroups.words, what)) { .allowCalls($0) }
    add(try table.words("deny", among: CallGroups.words, what)) { .denyCalls($0) }
    try table.finish()
  }

  private mutating func readCapabilities(_ table: inout TableReader) throws(ProfileError) {
    add(
      try table.words(
        "keep", among: Capabilities.names, "capability", spelling: Capabilities.plain)
    ) { .capabilities($0) }
    try table.finish()
  }

  private mutating func readLimits(_ table: inout TableReader) throws(ProfileError) {
    for limit in ProfileChange.Limit.allCases {
      let placed: Placed<UInt64>? =
        switch limit {
        case .memory, .size, .scratch:
          try table.amount(limit.rawValue, "a size like \"512M\"", Amount.bytes)
        case .cpus: try table.processors(limit.rawValue)
        case .cpu, .time:
          try table.amount(limit.rawValue, "a duration like \"10m\"", Amount.seconds)
        case .processes, .openFiles, .files:
          try table.amount(limit.rawValue, "a number") { UInt64($0) }
        }
      add(placed) { .limit(limit, $0) }
    }
    try table.finish()
  }
}
