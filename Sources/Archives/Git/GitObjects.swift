import CGit2
import Linux

/// The name of a git object: its SHA-1.
struct GitID: Hashable {
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The id in 40 digits; nil where they are none.
  init?(hexadecimal text: [UInt8]) {
    guard text.count == 40 else { return nil }
    var bytes: [UInt8] = []
    for at in stride(from: 0, to: 40, by: 2) {
      guard let byte = UInt8(String(decoding: text[at..<at + 2], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    self.bytes = bytes
  }

  var text: String { bytes.hexadecimal }
}

/// The objects of a repository, reached without the repository and its configuration.
final class GitObjects {
  /// What an object is, as git numbers them.
  enum Kind: Int32 {
    case commit = 1
    case tree = 2
    case blob = 3
  }

  private let handle: UnsafeMutableRawPointer

  /// Opens the directory `objects` of a repository.
  init(_ directory: Descriptor) throws(GitError) {
    guard let opened = directory.procPath.withCString({ cl_git_objects_open($0) }) else {
      throw Self.failure
    }
    handle = opened
  }

  deinit { cl_git_objects_close(handle) }

  private static var failure: GitError {
    .library(cl_git_failure().map { String(cString: $0) } ?? "it says nothing")
  }

  /// The bytes of an object that is known to be small.
  func read(_ id: GitID, _ kind: Kind) throws(GitError) -> [UInt8] {
    var count = 0
    guard let bytes = cl_git_objects_read(handle, id.bytes, kind.rawValue, &count) else {
      throw .damaged("object \(id.text) can't be read")
    }
    defer { cl_git_objects_free(bytes) }
    return Array(UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// Writes an object, unless it is there.
  func write(_ bytes: [UInt8], _ kind: Kind) throws(GitError) -> GitID {
    var id = [UInt8](repeating: 0, count: 20)
    guard cl_git_objects_write(handle, bytes, bytes.count, kind.rawValue, &id) == 0 else {
      throw Self.failure
    }
    return GitID(id)
  }

  /// Writes a blob of a known size piece by piece.
  func writeBlob(
    size: Int64, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws -> GitID {
    guard let blob = cl_git_blob_begin(handle, UInt64(size)) else { throw Self.failure }
    defer { cl_git_blob_close(blob) }
    try body { bytes in
      guard cl_git_blob_add(blob, bytes.baseAddress, bytes.count) == 0 else { throw Self.failure }
    }
    var id = [UInt8](repeating: 0, count: 20)
    guard cl_git_blob_end(blob, &id) == 0 else { throw Self.failure }
    return GitID(id)
  }
}
