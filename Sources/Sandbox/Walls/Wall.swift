/// One wall of a box: whether it stands, and what it is made of.
package struct Wall: Sendable, Equatable {
  /// A word that names the wall in tables and JSON.
  package let name: String
  package let isUp: Bool
  /// What it is made of, or why it is down.
  package let kind: String

  /// A wall by its name.
  package init(_ name: String, isUp: Bool = true, _ kind: String) {
    self.name = name
    self.isUp = isUp
    self.kind = kind
  }
}
