import Glibc
import Linux

/// An open file of a live directory.
package final class LiveHandle: Sendable {
  package let file: OwnedDescriptor
  let key: FileKey

  init(_ file: consuming OwnedDescriptor, _ key: FileKey) {
    self.file = file
    self.key = key
  }
}

// What changes files. The path is where the file is now; nil: it has no name any more, and then
// nobody could look at what it was before.
extension LiveTree {
  /// Opens a file that exists.
  package func open(_ path: ByteString, _ flags: OpenFlags) throws(Errno) -> LiveHandle {
    let place = try place(path)
    return try adopt(place.directory.borrowed.open(place.name, flags.union(.noFollow)))
  }

  func adopt(_ file: consuming OwnedDescriptor) throws(Errno) -> LiveHandle {
    let key = FileKey(try file.borrowed.status())
    lock.with { openCounts[key, default: 0] += 1 }
    return LiveHandle(file, key)
  }

  /// Says that a program has closed a file.
  package func close(_ handle: LiveHandle) {
    lock.with {
      let count = openCounts[handle.key, default: 1] - 1
      openCounts[handle.key] = count > 0 ? count : nil
    }
  }

  /// Writes to an open file.
  package func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int64, _ handle: LiveHandle, _ path: ByteString?
  ) throws(Errno) {
    try changeContent(handle, path) { () throws(Errno) in
      try handle.file.borrowed.write(bytes, at: offset)
    }
  }

  /// Makes room in an open file, or a hole.
  package func allocate(
    mode: Int32, at offset: Int64, count: Int64, _ handle: LiveHandle, _ path: ByteString?
  ) throws(Errno) {
    try changeContent(handle, path) { () throws(Errno) in
      try handle.file.borrowed.allocate(mode: mode, at: offset, count: count)
    }
  }

  /// Cuts or extends a file, which may be open.
  package func truncate(_ path: ByteString?, to size: Int64, _ handle: LiveHandle?) throws(Errno) {
    if let handle {
      return try changeContent(handle, path) { () throws(Errno) in
        try handle.file.borrowed.truncate(to: size)
      }
    }
    guard let path else { throw .stale }
    let opened = try open(path, [.writeOnly, .nonBlocking])
    defer { close(opened) }
    try changeContent(opened, path) { () throws(Errno) in
      try opened.file.borrowed.truncate(to: size)
    }
  }

  private func changeContent(
    _ handle: LiveHandle, _ path: ByteString?, _ body: () throws(Errno) -> Void
  ) throws(Errno) {
    try change { () throws(Errno) in
      if let path, !saved.contains(handle.key) { try save(path, handle.key) }
      checkpoint()
      // A failure may have written a part: its image is kept either way.
      defer { if let status = try? handle.file.borrowed.status() { note(status) } }
      try body()
    }
  }

  /// Keeps a file's content before its first change in a step.
  ///
  /// Another file may have taken the name meanwhile: it is not the one that is changed.
  func save(_ path: ByteString, _ key: FileKey) throws(Errno) {
    let place = try place(path)
    guard let status = try place.statusIfAny(), FileKey(status) == key else { return }
    var image = try image(place, status)
    image.object = try keepCopy(place, status)
    checkpoint()
    try log.append(.content(path, image), durable: true)
    saved.insert(key)
    savedAttributes.insert(key)
  }

  /// Changes attributes of a file: its mode, owner, times or extended attributes.
  ///
  /// `body` gets the directory and the name, or the name "." for the directory itself.
  package func changeAttributes(
    of path: ByteString, _ body: (Descriptor, ByteString) throws(Errno) -> Void
  ) throws(Errno) {
    try change { () throws(Errno) in
      let place = try place(path)
      let status = try place.status()
      if !savedAttributes.contains(FileKey(status)) {
        checkpoint()
        try log.append(.attributes(path, image(place, status)))
        savedAttributes.insert(FileKey(status))
      }
      checkpoint()
      defer { if let status = try? place.status() { note(status) } }
      try body(place.directory.borrowed, place.name)
    }
  }
}
