import Linux
import Sandbox

/// The walls around a session's commands, as its keeper has put them up.
package struct StandingWalls: Sendable {
  package let walls: [Wall]
  /// What they don't hold, in sentences.
  package let notContained: [String]
  /// What was asked for, by topic.
  let terms: [String: String]

  init(walls: [Wall], notContained: [String], terms: [String: String]) {
    self.walls = walls
    self.notContained = notContained
    self.terms = terms
  }

  /// The limits of the session itself, which the overlay holds.
  static func ofSession(size: Int64?, files: Int?) -> [Wall] {
    [
      size.map { Wall("limit-size", "\($0) bytes in the session") },
      files.map { Wall("limit-files", "\($0) files in the session") },
    ].compactMap { $0 }
  }

  /// The topics in which these are not the walls that somebody wants.
  package func differences(from wanted: Walls) -> [String] {
    Set(terms.keys).union(wanted.terms.keys).filter { terms[$0] != wanted.terms[$0] }.sorted()
  }
}

extension StandingWalls {
  var json: JSON {
    [
      "walls": .array(walls.map(\.json)),
      "notContained": .array(notContained.map { .string($0) }),
      "terms": .object(terms.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ]
  }

  init(json: JSON) {
    var terms: [String: String] = [:]
    if case .object(let members)? = json["terms"] {
      for member in members { terms[member.name] = member.value.string }
    }
    self.init(
      walls: (json["walls"]?.array ?? []).compactMap(Wall.init(json:)),
      notContained: json["notContained"]?.array?.compactMap(\.string) ?? [], terms: terms)
  }
}

extension Wall {
  package var json: JSON {
    ["name": .string(name), "up": .bool(isUp), "kind": .string(kind)]
  }

  init?(json: JSON) {
    guard let name = json["name"]?.string, let isUp = json["up"]?.bool,
      let kind = json["kind"]?.string
    else { return nil }
    self.init(name, isUp: isUp, kind)
  }
}

extension Client {
  /// Asks which walls stand; nil where nobody runs commands, as in a mount.
  package func walls() throws -> StandingWalls? {
    do { return StandingWalls(json: try call("walls").result) } catch let error as ProtocolError {
      if error.code == .unknownMethod { return nil }
      throw SessionError(error)
    }
  }
}
