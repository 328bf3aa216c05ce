import Linux

/// What one apply replaced in the project, kept so that it can be taken back.
package struct KeptApply: Collectable, Hashable, Sendable {
  /// The apply's number in its session.
  package let number: Int
  /// When the apply ended, or last did something.
  package let used: Timestamp
  package let byteCount: Int64
  /// Whether the apply came to its end; one that did not is still needed.
  package let isClosed: Bool

  package var reasonToStay: String? { isClosed ? nil : "the apply has not come to its end" }

  /// What the applies of a session have kept, in order.
  package static func all(in session: Descriptor) throws(SystemError) -> [KeptApply] {
    do throws(Errno) {
      let top = try session.open("apply", [.directory, .noFollow])
      var found: [KeptApply] = []
      for name in try top.borrowed.entryNames() {
        guard let number = name.string.flatMap({ Int($0) }) else { continue }
        let place = try top.borrowed.open(name, [.directory, .noFollow])
        let closed = try place.borrowed.statusIfThere(of: "closed")
        let own = try place.borrowed.status()
        found.append(
          KeptApply(
            number: number, used: (closed ?? own).modified,
            byteCount: try place.borrowed.bytesBelow(),
            isClosed: closed != nil))
      }
      return found.sorted { $0.number < $1.number }
    } catch .noEntry { return [] } catch {
      throw SystemError("look at what applies have kept", nil, error)
    }
  }

  /// Removes it: the apply can't be taken back any more.
  ///
  /// The caller holds the session's lock.
  package func remove(from session: Descriptor) throws(SystemError) {
    guard isClosed else {
      throw SystemError("remove what an apply needs", ByteString("\(number)"), .busy)
    }
    do throws(Errno) {
      let top = try session.open("apply", [.directory, .noFollow])
      try top.borrowed.removeTree(ByteString("\(number)"))
    } catch {
      throw SystemError("remove what an apply has kept", ByteString("\(number)"), error)
    }
  }

  /// Removes the contents that only a revert would have pinned again, once no apply is kept.
  package static func removeUnneededBases(of session: Descriptor) throws {
    guard try all(in: session).isEmpty else { return }
    let reader = try SessionReader(directory: session)
    let needed = Set(try reader.pins().values.compactMap(\.base?.fileName))
    let bases = reader.files.baseDirectory
    for name in try bases.entryNames() where name.string.map({ !needed.contains($0) }) ?? false {
      try bases.remove(name)
    }
  }
}

extension Descriptor {
  fileprivate func statusIfThere(of name: ByteString) throws(Errno) -> FileStatus? {
    do throws(Errno) { return try status(of: name) } catch .noEntry { return nil }
  }

  /// What all files below this directory take of the disk.
  fileprivate func bytesBelow() throws(Errno) -> Int64 {
    var count: Int64 = 0
    for name in try entryNames() {
      let status = try status(of: name)
      count += Int64(status.raw.st_blocks) * 512
      if status.kind == .directory {
        let inner = try open(name, [.directory, .noFollow])
        count += try inner.borrowed.bytesBelow()
      }
    }
    return count
  }
}
