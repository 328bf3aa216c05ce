import Linux

/// The plan as one JSON document; the schema is versioned by its member "schema".
package struct JSONText {
  /// The version of the schema; members may be added without a new one.
  package static let schema = "cowbox-plan-1"

  private let plan: Plan
  private let contents: ContentReader

  /// The document of a plan.
  package init(_ plan: Plan, _ contents: ContentReader) {
    self.plan = plan
    self.contents = contents
  }

  /// Writes the document and a newline.
  package func write(to sink: TextSink) throws {
    try sink.write("{\"schema\":\"\(Self.schema)\",\"id\":\"\(try plan.id(contents))\",")
    try sink.write("\"root\":\(plan.root.path.json),\"changes\":[")
    for (index, change) in plan.changes.enumerated() {
      try sink.write((index == 0 ? "\n" : ",\n") + (try object(change)))
    }
    try sink.write("\n]}\n")
  }

  private func object(_ change: Change) throws -> String {
    var members = [
      "\"key\":\(change.key.json)", "\"kind\":\"\(change.kind.rawValue)\"",
      "\"path\":\(change.path.json)",
    ]
    if !change.path.isUTF8 { members.append("\"path_hex\":\"\(change.path.bytes.hexadecimal)\"") }
    if let origin = change.origin, origin != change.path {
      members.append("\"from\":\(origin.json)")
      if !origin.isUTF8 { members.append("\"from_hex\":\"\(origin.bytes.hexadecimal)\"") }
    }
    if let link = change.linkedTo { members.append("\"link_to\":\(link.json)") }
    if !change.differences.isEmpty {
      let names = change.differences.names.map { "\"\($0)\"" }.joined(separator: ",")
      members.append("\"differs\":[\(names)]")
    }
    if let old = change.old { members.append("\"old\":\(Self.object(old))") }
    if let new = change.new { members.append("\"new\":\(Self.object(new))") }
    if change.fileKind == .directory, change.kind == .deleted {
      members.append("\"files_below\":\(change.below.filter { $0.facts.kind != .directory }.count)")
    }
    let risks = Risk.all(in: change).map { "\"\($0.rawValue)\"" }
    if !risks.isEmpty { members.append("\"risks\":[\(risks.joined(separator: ","))]") }
    if let count = try lines(change) {
      members.append("\"added_lines\":\(count.added),\"deleted_lines\":\(count.deleted)")
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  /// The lines of a text file's change.
  private func lines(_ change: Change) throws -> LineCount? {
    guard change.fileKind == .regular else { return nil }
    var alone = plan
    alone.changes = [change]
    var found: LineCount?
    try alone.forEachFile(contents) { found = try LineCount($0, contents) }
    return found.flatMap { $0.isBinary ? nil : $0 }
  }

  private static func object(_ facts: Facts) -> String {
    var members = [
      "\"type\":\(ByteString(facts.kind.words).json)", "\"mode\":\"\(facts.octalMode)\"",
      "\"uid\":\(facts.owner)", "\"gid\":\(facts.group)",
    ]
    if facts.kind == .regular { members.append("\"size\":\(facts.size)") }
    members.append("\"mtime_ns\":\(facts.modified.nanoseconds)")
    if let target = facts.target { members.append("\"target\":\(target.json)") }
    if let attributes = facts.attributes {
      let names = attributes.keys.sorted().map(\.json).joined(separator: ",")
      members.append("\"xattrs\":[\(names)]")
    }
    return "{" + members.joined(separator: ",") + "}"
  }
}

extension ByteString {
  /// The bytes as a JSON string; what is no UTF-8 becomes U+FFFD.
  package var json: String {
    var text = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }

  var isUTF8: Bool { string != nil }
}
