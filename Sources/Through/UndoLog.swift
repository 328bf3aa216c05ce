import Glibc
import Linux

/// The undo log of a live directory: a file of records for each step, and what they keep beside it.
///
/// The file of step 7 is `7`; the contents that its records keep are `7-0`, `7-1` and so on.
final class UndoLog {
  let directory: OwnedDescriptor
  let device: UInt64
  private(set) var step: Int64 = 0
  private var file: LogFile?
  private var nextObject = 0
  /// Whether the step at hand has a record.
  var isEmpty: Bool { file == nil }

  static let name: ByteString = "through"

  init(session: Descriptor) throws(Errno) {
    do throws(Errno) { try session.makeDirectory(Self.name) } catch .exists {
      // Made when the session was.
    }
    directory = try session.open(Self.name, [.directory, .noFollow])
    device = try directory.borrowed.status().device
  }

  /// Lets what follows belong to another step, which has no record yet.
  func begin(_ step: Int64) {
    self.step = step
    file = nil
    nextObject = 0
  }

  /// Adds a record; a durable one is on the disk when this returns.
  func append(_ record: Record, durable: Bool = false) throws(Errno) {
    if file == nil {
      file = LogFile(
        try directory.borrowed.open(
          ByteString("\(step)"), [.writeOnly, .create, .append, .noFollow], mode: 0o600))
      if durable { try directory.borrowed.synchronize() }
    }
    guard let file = file?.descriptor.borrowed else { throw .badDescriptor }
    // One write for the line: a death leaves all of it or a piece without its end.
    try file.write(record.line)
    if durable { try file.synchronize(dataOnly: true) }
  }

  /// A name for content that the step at hand keeps.
  func newObject() -> Int {
    defer { nextObject += 1 }
    return nextObject
  }

  /// Where a step keeps a content.
  static func place(_ object: Int, of step: Int64) -> ByteString {
    ByteString("\(step)-\(object)")
  }

  /// The steps that have records, in their order.
  func steps() throws(Errno) -> [Int64] {
    try directory.borrowed.entryNames().compactMap { $0.string.flatMap { Int64($0) } }.sorted()
  }

  /// The records of a step that were done; a line that a crash has cut off is none.
  func records(of step: Int64) throws(Errno) -> [Record] {
    let file: OwnedDescriptor
    do throws(Errno) {
      file = try directory.borrowed.open(ByteString("\(step)"), [.readOnly, .noFollow])
    } catch .noEntry { return [] }
    let bytes = try file.borrowed.readToEnd()
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    var records: [Record] = []
    for line in bytes[..<end].split(separator: UInt8(ascii: "\n")) {
      guard let record = Record(line: line) else { throw .io }
      if record == .void { _ = records.popLast() } else { records.append(record) }
    }
    return records
  }

  /// Goes on with the records of a step that a crash has cut off.
  func resume(_ step: Int64) throws(Errno) {
    let name = ByteString("\(step)")
    let former = try directory.borrowed.open(name, [.readOnly, .noFollow])
    let bytes = try former.borrowed.readToEnd()
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    self.step = step
    let opened = try directory.borrowed.open(name, [.readWrite, .append, .noFollow])
    if whole < bytes.count { try opened.borrowed.truncate(to: Int64(whole)) }
    file = LogFile(opened)
    nextObject = try numbers(of: step).max().map { $0 + 1 } ?? 0
  }

  /// The names of what a step has kept.
  func objects(of step: Int64) -> [ByteString] {
    // Failure does not matter to who lets go of them: what stays costs space, nothing else.
    ((try? numbers(of: step)) ?? []).map { Self.place($0, of: step) }
  }

  private func numbers(of step: Int64) throws(Errno) -> [Int] {
    try directory.borrowed.entryNames().compactMap { name in
      let parts = name.bytes.split(separator: UInt8(ascii: "-"))
      guard parts.count == 2, String(decoding: parts[0], as: UTF8.self) == "\(step)" else {
        return nil
      }
      return Int(String(decoding: parts[1], as: UTF8.self))
    }
  }
}

/// The open file of a step's records.
private final class LogFile {
  let descriptor: OwnedDescriptor
  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
