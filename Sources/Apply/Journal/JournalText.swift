import Changes
import Linux
import Store

/// A journal as lines of words; every word is free of blanks, bytes that need it are escaped.
struct JournalText {
  /// What a journal's words mean; another one is not understood, nor guessed at.
  static let version = 2

  private(set) var bytes: [UInt8] = []

  init() {}

  mutating func line(_ words: [Word]) {
    for (index, word) in words.enumerated() {
      if index > 0 { bytes.append(0x20) }
      bytes += word.text
    }
    bytes.append(0x0A)
  }

  /// Adds a line of a name and numbers, without making a word of each: there may be many.
  mutating func line(_ head: StaticString, _ name: ByteString, _ numbers: [Int64]) {
    head.withUTF8Buffer { bytes += $0 }
    bytes.append(0x20)
    Word.append(name.bytes, to: &bytes)
    for number in numbers {
      bytes.append(0x20)
      append(number)
    }
    bytes.append(0x0A)
  }

  private mutating func append(_ number: Int64) {
    if number < 0 { bytes.append(0x2D) }
    let start = bytes.count
    var rest = number.magnitude
    repeat {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  struct Word: ExpressibleByStringLiteral {
    let text: [UInt8]

    init(stringLiteral value: StaticString) { text = ByteString(stringLiteral: value).bytes }
    init(_ number: some BinaryInteger) { text = Array(String(number).utf8) }
    init(_ text: String) { self.text = Array(text.utf8) }
    /// A name; the empty one is a lone "%".
    init(_ name: ByteString) { self.init(name.bytes) }
    init(_ bytes: [UInt8]) {
      var text: [UInt8] = []
      Self.append(bytes, to: &text)
      self.text = text
    }
    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
      if bytes.isEmpty { text.append(0x25) }
      for byte in bytes {
        if byte > 0x20, byte < 0x7F, byte != 0x25 {
          text.append(byte)
        } else {
          text += [0x25] + [byte].hexadecimal.utf8
        }
      }
    }
    init(_ slot: Slot) { text = Array("\(slot.stage).\(slot.number)".utf8) }
  }

  mutating func line(_ name: Word, _ metadata: Metadata) {
    var words = [
      name, Word(metadata.permissions.map { Int($0) } ?? -1), Word(metadata.owner),
      Word(metadata.group), Word(metadata.modified?.nanoseconds ?? .min),
      Word(metadata.attributes == nil ? -1 : metadata.attributes?.count ?? 0),
    ]
    for name in (metadata.attributes ?? [:]).keys.sorted() {
      words += [Word(name), Word(metadata.attributes?[name] ?? [])]
    }
    line(words)
  }

  mutating func line(_ operation: Operation) {
    switch operation {
    case .take(let slot, let path, let expected):
      line(["take", Word(slot), Word(path)] + Self.words(expected))
    case .put(let slot, let path, let held):
      line(["put", Word(slot), Word(path)] + Self.words(held))
    case .swap(let slot, let path, let held, let expected):
      line(["swap", Word(slot), Word(path)] + Self.words(held) + Self.words(expected))
    case .overwrite(let new, let old, let path, let inode):
      line(["overwrite", Word(new), Word(old), Word(path), Word(Int64(bitPattern: inode))])
    case .attributes(let path, let inode, let old, let new):
      line(["attributes", Word(path), Word(Int64(bitPattern: inode))])
      line("old", old)
      line("new", new)
    }
  }

  static func words(_ expected: Expected) -> [Word] {
    [
      Word(Int64(bitPattern: expected.inode)), Word(expected.size),
      Word(expected.modified.nanoseconds),
      Word(expected.isDirectory ? 1 : 0),
    ]
  }

  mutating func lines(_ settlement: Settlement) {
    if settlement.clears { line(["clears"]) }
    for key in settlement.removedEntries {
      line(["remove", Word(key.parent.rawValue), Word(key.name)])
    }
    for id in settlement.droppedNodes { line(["drop", Word(id.rawValue)]) }
    for key in settlement.whiteouts {
      line(["whiteout", Word(key.parent.rawValue), Word(key.name)])
    }
    for (id, path) in settlement.merged.sorted(by: { $0.key < $1.key }) {
      line(["merged", Word(id.rawValue), Word(path)])
    }
    for move in settlement.moves { line(["move", Word(move.old), Word(move.new)]) }
    for id in settlement.keepsAttributes.sorted() { line(["keeps", Word(id.rawValue)]) }
    for id in settlement.pending.sorted() { line(["pending", Word(id.rawValue)]) }
    for path in settlement.relinked { line(["relink", Word(path)]) }
    for path in settlement.repositories.sorted() { line(["repository", Word(path)]) }
    for path in settlement.repinned { line(["repin", Word(path)]) }
    for path in settlement.unpinned { line(["unpin", Word(path)]) }
  }

  /// The whole text of a journal; its last line says that it is whole.
  init(_ journal: Journal) {
    line(["cowbox-journal", Word(Self.version)])
    line(["root", Word(journal.root)])
    line(["plan", Word(ByteString(journal.plan))])
    if let copy = journal.elsewhere {
      line([
        "elsewhere", Word(copy.path), Word(Int64(bitPattern: copy.device)),
        Word(Int64(bitPattern: copy.inode)),
      ])
    }
    if let reverts = journal.reverts { line(["reverts", Word(reverts)]) }
    for stage in journal.stages { line(["stage", Word(stage)]) }
    for operation in journal.operations { line(operation) }
    for time in journal.oldTimes {
      line(["before", Word(time.path), Word(time.modified.nanoseconds)])
    }
    for time in journal.newTimes {
      line(["after", Word(time.path), Word(time.modified.nanoseconds)])
    }
    lines(journal.settlement)
    for pin in journal.pins {
      line([
        "pin", Word(pin.path), Word(pin.hash ?? []), Word(pin.base ?? -1), Word(pin.size),
        Word(pin.modified.nanoseconds),
      ])
    }
    line(["end"])
  }
}
