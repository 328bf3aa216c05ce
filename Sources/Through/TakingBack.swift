import Glibc
import Linux

/// Why a step can't be taken back.
package enum BackError: Error, Equatable, Sendable {
  /// Somebody else has changed a file since.
  case barrier(ByteString, String)
  case failed(ByteString, Errno)
}

extension LiveTree {
  /// Takes a step back within the step at hand: all of it or nothing; answers what changed.
  ///
  /// What somebody else has changed since is a barrier, which only `force` goes past.
  package func takeBack(_ step: Int64, force: Bool) throws(BackError)
    -> Set<ByteString>
  {
    lock.lock()
    defer { lock.unlock() }
    var paths: Set<ByteString> = []
    do throws(BackError) {
      for record in try records(of: step).reversed() {
        if !force, let barrier = try barrier(before: record) { throw barrier }
        try takeBack(record, of: step)
        if let path = record.path { paths.insert(path) }
        if case .staged(let path) = record { paths.remove(path) }
      }
    } catch {
      // As it was before: what the step at hand has done goes back the same way.
      let own = log.step
      for record in try records(of: own).reversed() { try takeBack(record, of: own) }
      throw error
    }
    forgetKept(of: step)
    return paths
  }

  /// Lets go of what a step has kept.
  ///
  /// A name that goes moves the ctime of a file's other names, and that was nobody else. The file
  /// itself is asked, as its names may have moved since.
  private func forgetKept(of step: Int64) {
    for name in log.objects(of: step) {
      // What stays costs space, nothing else.
      guard let file = try? log.directory.borrowed.open(name, [.path, .noFollow]),
        let before = try? file.borrowed.status()
      else { continue }
      let isOwn = left[FileKey(before)] == Fingerprint(before)
      try? log.directory.borrowed.remove(name)
      if isOwn, let after = try? file.borrowed.status(), after.linkCount > 0 { note(after) }
    }
  }

  private func records(of step: Int64) throws(BackError) -> [Record] {
    do throws(Errno) { return try log.records(of: step) } catch {
      throw .failed(UndoLog.place(0, of: step), error)
    }
  }

  private func takeBack(_ record: Record, of step: Int64) throws(BackError) {
    do throws(Errno) { try undo(record, of: step) } catch {
      throw .failed(record.path ?? ByteString([]), error)
    }
  }

  private func undo(_ record: Record, of step: Int64) throws(Errno) {
    switch record {
    case .content(let path, let image): try restore(path, image, of: step)
    case .attributes(let path, let image): try restoreAttributes(path, image)
    case .made(let path, let kind):
      guard try statusIfAny(path) != nil else { return }
      try takeAway(path, isDirectory: kind == .directory)
    case .removed(let path, let image):
      guard try statusIfAny(path) == nil else { return try restore(path, image, of: step) }
      try stage(image, of: step, beside: path) { staged throws(Errno) in
        try logged(.made(path, image.kind)) { () throws(Errno) in
          try settle(staged, at: path, .noReplace)
        }
      }
    case .renamed(let from, let to, let exchanges):
      try move(to, to: from, exchanges ? .exchange : .noReplace)
    case .replaced(let from, let to, let image):
      // What was replaced comes back in one step: the name is never without a file.
      try stage(image, of: step, beside: to) { staged throws(Errno) in
        try logged(.made(staged, image.kind)) { () throws(Errno) in }
        try move(staged, to: to, .exchange)
        try move(staged, to: from, .noReplace)
      }
    case .staged(let path): try dropStaged(path)
    case .left, .void, .closed: break
    }
  }

  private func settle(_ staged: ByteString, at path: ByteString, _ flags: RenameFlags)
    throws(Errno)
  {
    let old = try place(staged)
    let new = try place(path)
    checkpoint()
    try old.directory.borrowed.rename(old.name, to: new.directory.borrowed, new.name, flags)
    let status = try new.status()
    saved.insert(FileKey(status))
    savedAttributes.insert(FileKey(status))
    note(status)
  }

  /// Gives a path the content and attributes that it had.
  private func restore(_ path: ByteString, _ image: Image, of step: Int64) throws(Errno) {
    let place = try place(path)
    let status = try place.status()
    guard image.kind == .regular, status.kind == .regular else {
      return try restoreAttributes(path, image)
    }
    if !saved.contains(FileKey(status)) { try save(path, FileKey(status)) }
    guard status.linkCount == 1 else {
      // Its other names are to show the same: it must stay the same file.
      let file = try place.directory.borrowed.open(place.name, [.writeOnly, .noFollow])
      checkpoint()
      try file.borrowed.truncate(to: 0)
      try fill(file.borrowed, from: image, of: step)
      try setAttributes(place, image)
      return note(try place.status())
    }
    try stage(image, of: step, beside: path) { staged throws(Errno) in
      try settle(staged, at: path, [])
    }
  }

  private func restoreAttributes(_ path: ByteString, _ image: Image) throws(Errno) {
    let place = try place(path)
    let status = try place.status()
    if !savedAttributes.contains(FileKey(status)) {
      try log.append(.attributes(path, self.image(place, status)))
      savedAttributes.insert(FileKey(status))
    }
    checkpoint()
    try setAttributes(place, image)
    note(try place.status())
  }
}

// Making a file as it was, under a name of its own, before it takes its place.
extension LiveTree {
  private func stage(
    _ image: Image, of step: Int64, beside path: ByteString,
    _ body: (ByteString) throws(Errno) -> Void
  ) throws(Errno) {
    let chance = try Process.randomBytes(6).hexadecimal
    let staged = path.parent.appending(ByteString(".cowbox-\(chance)"))
    try log.append(.staged(staged))
    try makeStaged(image, of: step, at: place(staged))
    do throws(Errno) { try body(staged) } catch {
      try dropStaged(staged)
      throw error
    }
  }

  private func makeStaged(_ image: Image, of step: Int64, at place: borrowing Place) throws(Errno) {
    checkpoint()
    let directory = place.directory.borrowed
    switch image.kind {
    case .directory: try directory.makeDirectory(place.name)
    case .symlink: try directory.makeSymlink(place.name, to: image.target ?? ByteString([]))
    case .regular:
      if try linkKept(image, of: step, at: place) { return }
      let file = try directory.open(place.name, [.writeOnly, .create, .exclusive], mode: 0o600)
      try fill(file.borrowed, from: image, of: step)
      try setAttributes(place, image)
      return try file.borrowed.synchronize()
    default:
      try directory.makeNode(
        place.name, mode: image.kind.modeBits | 0o600, device: dev_t(image.node))
    }
    try setAttributes(place, image)
  }

  /// Where the log has the very file that was taken away, it gets a name again.
  private func linkKept(_ image: Image, of step: Int64, at place: borrowing Place) throws(Errno)
    -> Bool
  {
    guard let object = image.object else { return false }
    let name = UndoLog.place(object, of: step)
    let kept = try log.directory.borrowed.status(of: name)
    guard FileKey(kept) == image.key else { return false }
    try log.directory.borrowed.link(name, to: place.directory.borrowed, place.name)
    return true
  }

  private func fill(_ file: Descriptor, from image: Image, of step: Int64) throws(Errno) {
    guard let object = image.object else { return }
    let kept = try log.directory.borrowed.open(
      UndoLog.place(object, of: step), [.readOnly, .noFollow])
    try file.copyContent(from: kept.borrowed, size: image.size)
  }

  private func setAttributes(_ place: borrowing Place, _ image: Image) throws(Errno) {
    let directory = place.directory.borrowed
    let status = try place.status()
    if status.owner != image.owner || status.group != image.group {
      try directory.setOwner(of: place.name, image.owner, group: image.group)
    }
    if image.kind != .symlink {
      let file = try directory.open(place.name, [.path, .noFollow])
      for name in try names(of: file.borrowed) where image.attributes[name] == nil {
        try file.borrowed.removeAttribute(name)
      }
      for (name, value) in image.attributes { try file.borrowed.setAttribute(name, to: value) }
      // Last of these: a change of owner takes set-id bits away.
      try directory.setOwnPermissions(of: place.name, mode_t(image.permissions))
    }
    try directory.setTimes(of: place.name, accessed: image.accessed, modified: image.modified)
  }

  private func names(of file: Descriptor) throws(Errno) -> [ByteString] {
    do throws(Errno) { return try file.attributeNames() } catch .notSupported { return [] }
  }
}
