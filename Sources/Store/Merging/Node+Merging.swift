import Linux

// Of rows of one session only: objects go by number.
extension Node {
  /// Whether nothing of it was changed.
  var isLowers: Bool {
    flags.contains([.lowerAttributes, .lowerExtendedAttributes])
      && (kind == .directory || flags.contains(.lowerContent))
  }

  /// Whether the content is no longer the lower's.
  var hasOwnContent: Bool {
    kind != .directory && !flags.contains(.lowerContent)
  }

  private static let content: NodeFlags = [.lowerContent, .partial]

  func isSame(as other: Node) -> Bool {
    hasContent(of: other) && hasAttributes(of: other) && linkCount == other.linkCount
  }

  /// Of rows of one session only: objects go by number.
  func hasContent(of other: Node) -> Bool {
    kind == other.kind && device == other.device && target == other.target
      && (kind != .regular
        || object == other.object && size == other.size
          && flags.intersection(Self.content) == other.flags.intersection(Self.content))
  }

  func hasMode(of other: Node) -> Bool {
    permissions == other.permissions && owner == other.owner && group == other.group
  }

  func hasAttributes(of other: Node) -> Bool {
    hasMode(of: other)
      && flags.contains(.lowerAttributes) == other.flags.contains(.lowerAttributes)
  }

  mutating func takeContent(of other: Node) {
    (object, size, target, device) = (other.object, other.size, other.target, other.device)
    (modified, changed) = (other.modified, other.changed)
    flags = flags.subtracting(Self.content).union(other.flags.intersection(Self.content))
    if !other.flags.contains(.lowerAttributes) { flags.remove(.lowerAttributes) }
  }

  mutating func takeAttributes(of other: Node) {
    (permissions, owner, group) = (other.permissions, other.owner, other.group)
    (modified, changed) = (other.modified, other.changed)
    if !other.flags.contains(.lowerAttributes) { flags.remove(.lowerAttributes) }
  }
}
