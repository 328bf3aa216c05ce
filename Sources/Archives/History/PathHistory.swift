import Changes
import Linux
import Store

/// What became of one path, step by step.
package struct PathHistory: Sendable {
  /// The path as one step left it.
  package struct Version: Sendable {
    package let step: Step
    /// What is there since that step.
    package let found: Whereabouts
    package let kind: Kind
  }

  /// What a step did to a path.
  package enum Kind: String, Sendable {
    /// Nothing was there before.
    case created
    /// The same file has other content, or another file is there.
    case written
    /// Mode, owner, times or attributes changed, or its names.
    case attributes
    case removed
    /// What the project has shows again.
    case restored
  }

  /// The versions, oldest first; empty where the session never touched the path.
  package let versions: [Version]

  /// Reads the history of a path of a root.
  package init(_ reader: SessionReader, root: Root, path: ByteString, lower: Descriptor) throws {
    let changing = try reader.changingSteps()
    let files = LowerTree(lower)
    let below = try files.status(path)
    var last: Whereabouts = below == nil ? .absent : .lower(path)
    var versions: [Version] = []
    for step in try reader.steps() where changing.contains(step.id) {
      var found = try reader.find(path, in: root, at: step.id)
      if case .lower(let origin) = found, try files.status(origin) == nil { found = .absent }
      if found == last { continue }
      if let kind = Self.kind(from: last, to: found) {
        versions.append(Version(step: step, found: found, kind: kind))
      }
      last = found
    }
    self.versions = versions
  }

  private static func kind(from old: Whereabouts, to new: Whereabouts) -> Kind? {
    switch (old, new) {
    case (_, .absent): .removed
    case (.absent, _): .created
    case (.node(let before), .node(let after)):
      before.id == after.id && before.object == after.object && before.size == after.size
        && before.objectStep == after.objectStep && before.target == after.target
        && isSameWriting(before, after) ? .attributes : .written
    case (.lower(let path), .node(let node)):
      // A directory on the way to a change, or a file whose attributes alone were changed.
      if node.origin != path {
        .written
      } else if node.isOnlyTouched {
        nil
      } else {
        node.kind == .directory || node.flags.contains(.lowerContent) ? .attributes : .written
      }
    case (_, .lower): .restored
    }
  }

  /// A file that is written again in the step that made its object keeps the object.
  private static func isSameWriting(_ before: Node, _ after: Node) -> Bool {
    before.modified == after.modified || before.kind == .directory
  }
}

extension Node {
  /// Whether everything is still the lower's.
  fileprivate var isOnlyTouched: Bool {
    flags.contains([.lowerAttributes, .lowerExtendedAttributes])
      && (kind == .directory || flags.contains(.lowerContent))
  }
}
