import Changes
import Linux
import Store

/// Merges what a session and the project made of the same file, from what it was at the pin.
struct Merging {
  let application: Application
  /// Whether what can't be merged is kept both ways, between markers.
  let leavesMarkers: Bool

  /// Why a file can't be merged.
  struct Refusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }

  /// A change that lands on what the project has now.
  struct Merged {
    var change: Change
    var hasMarkers = false
  }

  private var lower: LowerTree { application.lower }

  /// The change of a file, merged with what the project has there.
  func merge(_ change: Change, _ conflicts: [Conflict]) throws -> Merged {
    guard conflicts.allSatisfy({ [.changed, .attributesChanged, .appeared].contains($0.reason) })
    else { throw Refusal("only changes of both sides can be merged") }
    guard change.kind == .modified, let origin = change.origin, change.linkedTo == nil,
      let status = try lower.status(origin), let mine = change.new
    else { throw Refusal("one side took it away, renamed it or made it anew") }
    let pins = try application.reader().pins()
    let pin = pins[PinKey(root: application.root.id, path: origin)]
    guard pin != nil || leavesMarkers else {
      throw Refusal("both sides made it: there is no common state")
    }
    var merged = Merged(change: change)
    if let pin, let facts = merged.change.new {
      merged.change.new = try Self.attributes(pin, facts, status)
    }
    switch status.kind {
    case .directory: break
    case .regular where mine.kind == .regular:
      try mergeContent(of: change, pin, origin, status, into: &merged)
    default: throw Refusal("only text can be merged")
    }
    merged.change.refreshDifferences()
    return merged
  }

  /// Mode and owner of the side that changed them.
  private static func attributes(_ pin: Pin, _ mine: Facts, _ theirs: FileStatus) throws -> Facts {
    func one<Value: Equatable>(_ base: Value, _ mine: Value, _ theirs: Value, _ what: String) throws
      -> Value
    {
      if mine == base || mine == theirs { return theirs }
      guard theirs == base else { throw Refusal("both sides changed its \(what)") }
      return mine
    }
    var merged = mine
    merged.permissions = try one(
      pin.permissions, mine.permissions, UInt16(theirs.permissions), "mode")
    merged.owner = try one(pin.owner, mine.owner, theirs.owner, "owner")
    merged.group = try one(pin.group, mine.group, theirs.group, "group")
    return merged
  }

  private func mergeContent(
    of change: Change, _ pin: Pin?, _ origin: ByteString, _ status: FileStatus,
    into merged: inout Merged
  ) throws {
    // Only the project changed the content: it stays.
    guard change.differences.contains(.content) else { return }
    let theirs = try bytes(.lower(origin), status.size)
    if let hash = pin?.hash, SHA256.digest(theirs) == hash { return }
    let mine = try bytes(change.newContent, change.new?.size ?? 0)
    let base = try base(of: pin)
    for side in [mine, theirs, base] where side.prefix(8000).contains(0) {
      throw Refusal("binary files can't be merged")
    }
    let result = try ThreeWayMerge(base: base, mine: mine, theirs: theirs)
    guard result.isClean || leavesMarkers else {
      throw Refusal("both sides changed the same lines")
    }
    merged.hasMarkers = !result.isClean
    merged.change.newContent = .bytes(result.bytes)
    merged.change.new?.size = Int64(result.bytes.count)
    merged.change.new?.modified = .now
    if result.bytes == theirs { merged.change.differences.remove(.content) }
  }

  /// What the file was at the pin; nothing where both sides made it.
  private func base(of pin: Pin?) throws -> [UInt8] {
    guard let pin else { return [] }
    guard let id = pin.base else { throw Refusal("the session kept no copy of what it was") }
    let reader = try application.reader()
    return try attempt("read what was kept of", pin.path) { () throws(Errno) in
      let kept = try reader.openBase(id)
      return try kept.borrowed.readAll(limit: Self.limit)
    }
  }

  private func bytes(_ content: Content, _ size: Int64) throws -> [UInt8] {
    guard size <= Self.limit else { throw Refusal("it is larger than 16 MiB") }
    return try application.contents().bytes(content, size: size)
  }

  private static let limit = 16 << 20
}
