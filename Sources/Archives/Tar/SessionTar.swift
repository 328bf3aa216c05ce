import Changes
import Linux
import Store

/// A root's changes as a tar file with the whiteouts of OCI layers.
package struct SessionTar {
  /// Why a session can't be such a file.
  package enum Failure: Error, CustomStringConvertible {
    /// A name that means a whiteout to every tool that reads layers.
    case reservedName(ByteString)

    package var description: String {
      switch self {
      case .reservedName(let path):
        "cannot put '\(path.printable)' into a layer: names that begin with '.wh.' are whiteouts"
      }
    }
  }

  /// What was left out: sockets, which no tar file can hold.
  package private(set) var leftOut: [ByteString] = []
  private var names: [ViewItem.Identity: ByteString] = [:]

  /// Writes the changes of a root, piece by piece, as the session has them at a step.
  ///
  /// Unpacked over a copy of the root by a tool that knows layers, it gives the session's tree.
  package static func write(
    _ reader: SessionReader, root: Root, lower: Descriptor, at step: StepID? = nil,
    to output: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> SessionTar {
    let files = LowerTree(lower)
    let contents = ContentReader(reader: reader, lower: files)
    let writer = TarWriter(output)
    var tar = SessionTar()
    try LayerWalk(reader, root: root, at: step, lower: files) { entry in
      try tar.add(entry, contents, to: writer)
    }.run()
    try writer.finish()
    return tar
  }

  private mutating func add(_ entry: LayerEntry, _ contents: ContentReader, to writer: TarWriter)
    throws
  {
    switch entry {
    case .whiteout(let path):
      try Self.check(path)
      try writer.mark(path.parent.appending(ByteString(".wh.".utf8 + path.lastComponent.bytes)))
    case .opaque(let path): try writer.mark(path.appending(".wh..wh..opq"))
    case .item(let item):
      try Self.check(item.path)
      if item.kind == .socket {
        leftOut.append(item.path)
        return
      }
      let earlier = item.identity.flatMap { names[$0] }
      if let identity = item.identity, earlier == nil { names[identity] = item.path }
      try writer.begin(item, link: earlier)
      if item.kind == .regular, earlier == nil {
        try contents.open(item.content, size: item.size).forEachChunk { try writer.write($0) }
      }
      try writer.end()
    }
  }

  private static func check(_ path: ByteString) throws {
    if path.lastComponent.bytes.starts(with: ".wh.".utf8) { throw Failure.reservedName(path) }
  }
}
