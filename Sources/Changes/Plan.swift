import Linux
import Store

/// Everything that would turn the lower of a root into what the session shows, in order.
package struct Plan: Sendable {
  package let root: Root
  /// Deletions first, then the order of paths.
  package var changes: [Change]
  /// Every entry of the session's tree by the path of the lower that it speaks about.
  package let claims: [ByteString: EntryKey]
  /// The paths of the lower whose things the session shows at another place.
  package let moved: Set<ByteString>
  /// The times that directories have in the session, where it has its own.
  package let directoryTimes: [ByteString: Timestamp]
  /// By the path of the lower that a node came from, where it is gone: another hard link of it.
  package internal(set) var otherNames: [ByteString: ByteString] = [:]
  /// Whether every change of the session is in the plan.
  package internal(set) var isWhole = true

  /// Whether what came along with a renamed directory has changes of its own in the plan.
  package internal(set) var isSpelledOut = false

  /// Whether the session shows exactly what the lower has.
  package var isEmpty: Bool { changes.isEmpty }

  /// Computes the plan of a root as a session has it at a step, or now.
  package init(
    reader: SessionReader, root: Root, lower: Descriptor, at step: StepID? = nil
  ) throws {
    let contents = ContentReader(reader: reader, lower: LowerTree(lower))
    self = try Planner.plan(
      tree: try reader.tree(at: step), attributes: try reader.extendedAttributes(at: step),
      root: root, contents: contents, pins: try reader.pins())
  }

  init(
    root: Root, changes: [Change], claims: [ByteString: EntryKey], moved: Set<ByteString>,
    directoryTimes: [ByteString: Timestamp]
  ) {
    self.root = root
    self.changes = changes
    self.claims = claims
    self.moved = moved
    self.directoryTimes = directoryTimes
  }
}
