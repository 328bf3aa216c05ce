import CGit2
import Linux

/// Two texts that came from one, line by line in one again.
package struct ThreeWayMerge: Sendable {
  /// What stands where both sides changed the same lines.
  package enum Favor: Sendable {
    case markers, mine, theirs
  }

  package let bytes: [UInt8]
  /// Whether no line was changed by both sides in different ways.
  package let isClean: Bool

  /// Merges what the session has and what the project has.
  ///
  /// Binary content is the caller's to refuse.
  package init(
    base: [UInt8], mine: [UInt8], theirs: [UInt8], favor: Favor = .markers
  ) throws {
    if let failure = cl_git_load() { throw GitError(words: String(cString: failure)) }
    let favors: [Favor: cl_git_favor] = [
      .markers: cl_git_conflicts, .mine: cl_git_ours, .theirs: cl_git_theirs,
    ]
    var merged: UnsafeMutablePointer<CChar>?
    var length = 0
    let favored = favors[favor] ?? cl_git_conflicts
    let result = Self.withSide(base, "base") { base in
      Self.withSide(mine, "session") { mine in
        Self.withSide(theirs, "project") { theirs in
          cl_git_merge(base, mine, theirs, favored, &merged, &length)
        }
      }
    }
    defer { cl_git_free(merged) }
    guard result >= 0, let merged else { throw GitError.last }
    bytes = Array(UnsafeRawBufferPointer(start: merged, count: length))
    isClean = result == 1
  }

  private static func withSide<Result>(
    _ bytes: [UInt8], _ label: String, _ body: (UnsafePointer<cl_git_side>) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { room in
      label.withCString { label in
        var side = cl_git_side(bytes: room.baseAddress, length: room.count, label: label)
        return body(&side)
      }
    }
  }
}
