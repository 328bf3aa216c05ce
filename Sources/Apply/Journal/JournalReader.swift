import Changes
import Linux
import Store

/// Reads the lines of a journal back.
struct JournalReader {
  /// Why a text is no journal.
  enum Failure: Error, Equatable {
    /// It is not whole, or says what no version says.
    case damage
    /// Another version of cowbox wrote it.
    case version(Int)
  }

  private var words: [ByteString] = []
  private var at = 0
  private var lines: [ArraySlice<UInt8>]

  /// The journal in a text.
  static func read(_ bytes: [UInt8]) throws(Failure) -> Journal {
    var reader = JournalReader(lines: bytes.split(separator: 0x0A))
    return try reader.journal()
  }

  private init(lines: [ArraySlice<UInt8>]) { self.lines = lines.reversed() }

  private mutating func journal() throws(Failure) -> Journal {
    var journal = Journal()
    guard try next() == "cowbox-journal" else { throw .damage }
    let version = try number()
    guard version == JournalText.version else { throw .version(version) }
    while true {
      let word = try next()
      switch word {
      case "end": return journal
      case "root": journal.root = Int64(try number())
      case "plan": journal.plan = try name().string ?? ""
      case "elsewhere": journal.elsewhere = try copy()
      case "reverts": journal.reverts = try number()
      case "stage": journal.stages.append(try name())
      case "before": journal.oldTimes.append(try time())
      case "pin": journal.pins.append(try pin())
      case "after": journal.newTimes.append(try time())
      default:
        if let operation = try operation(word) {
          journal.operations.append(operation)
        } else {
          try settle(word, &journal.settlement)
        }
      }
    }
  }

  private mutating func operation(_ word: String) throws(Failure) -> Operation? {
    switch word {
    case "take": return .take(try slot(), try name(), try expected())
    case "put": return .put(try slot(), try name(), held: try expected())
    case "swap": return .swap(try slot(), try name(), held: try expected(), try expected())
    case "overwrite":
      return .overwrite(
        new: try slot(), old: try slot(), try name(), inode: UInt64(bitPattern: Int64(try number()))
      )
    case "attributes":
      let (path, inode) = (try name(), UInt64(bitPattern: Int64(try number())))
      guard try next() == "old" else { throw .damage }
      let old = try metadata()
      guard try next() == "new" else { throw .damage }
      return .attributes(path, inode: inode, old: old, new: try metadata())
    default: return nil
    }
  }

  private mutating func settle(_ word: String, _ settlement: inout Settlement) throws(Failure) {
    switch word {
    case "clears": settlement.clears = true
    case "remove": settlement.removedEntries.append(try entry())
    case "drop": settlement.droppedNodes.append(NodeID(Int64(try number())))
    case "whiteout": settlement.whiteouts.append(try entry())
    case "merged": settlement.merged[NodeID(Int64(try number()))] = try name()
    case "move": settlement.moves.append(Settlement.Move(old: try name(), new: try name()))
    case "keeps": settlement.keepsAttributes.insert(NodeID(Int64(try number())))
    case "pending": settlement.pending.insert(NodeID(Int64(try number())))
    case "relink": settlement.relinked.append(try name())
    case "repository": settlement.repositories.insert(try name())
    case "repin": settlement.repinned.append(try name())
    case "unpin": settlement.unpinned.append(try name())
    default: throw .damage
    }
  }

  /// The first word of the next line.
  private mutating func next() throws(Failure) -> String {
    guard let line = lines.popLast() else { throw .damage }
    words = line.split(separator: 0x20).map { ByteString($0) }
    at = 0
    return try word().string ?? ""
  }

  private mutating func word() throws(Failure) -> ByteString {
    guard at < words.count else { throw .damage }
    defer { at += 1 }
    return words[at]
  }

  private mutating func number() throws(Failure) -> Int {
    guard let text = try word().string, let number = Int(text) else { throw .damage }
    return number
  }

  private mutating func slot() throws(Failure) -> Slot {
    let parts = try word().bytes.split(separator: 0x2E)
      .map { Int(String(decoding: $0, as: UTF8.self)) }
    guard parts.count == 2, let stage = parts[0], let number = parts[1] else { throw .damage }
    return Slot(stage: stage, number: number)
  }

  private mutating func name() throws(Failure) -> ByteString {
    guard let name = try word().unescaped else { throw .damage }
    return name
  }

  private mutating func expected() throws(Failure) -> Expected {
    Expected(
      inode: UInt64(bitPattern: Int64(try number())), size: Int64(try number()),
      modified: Timestamp(nanoseconds: Int64(try number())), isDirectory: try number() == 1)
  }

  private mutating func copy() throws(Failure) -> Elsewhere {
    Elsewhere(
      path: try name(), device: UInt64(bitPattern: Int64(try number())),
      inode: UInt64(bitPattern: Int64(try number())))
  }

  private mutating func time() throws(Failure) -> DirectoryTime {
    DirectoryTime(path: try name(), modified: Timestamp(nanoseconds: Int64(try number())))
  }

  private mutating func pin() throws(Failure) -> Journal.KeptPin {
    let (path, hash, base) = (try name(), try name().bytes, try number())
    return Journal.KeptPin(
      path: path, hash: hash.isEmpty ? nil : hash, base: base < 0 ? nil : Int64(base),
      size: Int64(try number()), modified: Timestamp(nanoseconds: Int64(try number())))
  }

  private mutating func entry() throws(Failure) -> EntryKey {
    EntryKey(parent: NodeID(Int64(try number())), name: try name())
  }

  private mutating func metadata() throws(Failure) -> Metadata {
    let permissions = try number()
    var metadata = Metadata(
      permissions: permissions < 0 ? nil : UInt16(truncatingIfNeeded: permissions),
      owner: UInt32(truncatingIfNeeded: try number()),
      group: UInt32(truncatingIfNeeded: try number()))
    let modified = try number()
    metadata.modified = modified == .min ? nil : Timestamp(nanoseconds: Int64(modified))
    let count = try number()
    guard count >= 0 else { return metadata }
    metadata.attributes = [:]
    for _ in 0..<count {
      let key = try name()
      metadata.attributes?[key] = try name().bytes
    }
    return metadata
  }
}

extension ByteString {
  /// The name that a word of a journal stands for; nil: it is none.
  var unescaped: ByteString? {
    if bytes == [0x25] { return ByteString([]) }
    var name: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] != 0x25 {
        name.append(bytes[index])
        index += 1
        continue
      }
      guard index + 2 < bytes.count,
        let byte = UInt8(
          String(decoding: bytes[(index + 1)...(index + 2)], as: UTF8.self), radix: 16)
      else { return nil }
      name.append(byte)
      index += 3
    }
    return ByteString(name)
  }
}
