import Linux

/// One line of the undo log: what is about to be done, and all that it takes to undo it.
enum Record: Equatable {
  /// A file's content changes for the first time in a step.
  case content(ByteString, Image)
  /// A file's attributes change for the first time in a step.
  case attributes(ByteString, Image)
  /// A name is made that was not there.
  case made(ByteString, FileKind)
  /// A name goes away.
  case removed(ByteString, Image)
  /// A name moves, or two change places.
  case renamed(from: ByteString, to: ByteString, exchanges: Bool)
  /// A name moves over another one, which is no more.
  case replaced(from: ByteString, to: ByteString, Image)
  /// A name that is only there while something is put into place.
  case staged(ByteString)
  /// How a file was left at the end of a step.
  case left(FileKey, Fingerprint)
  /// What the line before said was not done.
  case void
  /// The step has ended, and the lines before say how its files were left.
  case closed
}

// The line's text: words between spaces, bytes that could be taken for something else as %XX.
extension Record {
  var line: [UInt8] {
    var words: [ByteString]
    switch self {
    case .content(let path, let image): words = ["content", path] + image.words
    case .attributes(let path, let image): words = ["attributes", path] + image.words
    case .made(let path, let kind): words = ["made", path, Self.number(kind.rawValue)]
    case .removed(let path, let image): words = ["removed", path] + image.words
    case .renamed(let from, let to, let exchanges):
      words = ["renamed", from, to, exchanges ? "exchange" : "move"]
    case .replaced(let from, let to, let image): words = ["replaced", from, to] + image.words
    case .staged(let path): words = ["staged", path]
    case .left(let key, let print):
      words = [
        "left", Self.number(key.device), Self.number(key.inode), Self.number(print.size),
        Self.number(print.changed.nanoseconds),
      ]
    case .void: words = ["void"]
    case .closed: words = ["closed"]
    }
    return Array(words.map(Self.escaped).joined(separator: [UInt8(ascii: " ")]))
      + [UInt8(ascii: "\n")]
  }

  /// The record that a line says; nil where it says none, as one that a crash has cut off.
  init?(line: ArraySlice<UInt8>) {
    let split = line.split(separator: UInt8(ascii: " ")).compactMap(Self.unescaped)
    var words = split[...]
    guard let name = words.popFirst()?.string else { return nil }
    switch name {
    case "content", "attributes", "removed":
      guard let path = words.popFirst(), let image = Image(words: &words) else { return nil }
      self =
        switch name {
        case "content": .content(path, image)
        case "attributes": .attributes(path, image)
        default: .removed(path, image)
        }
    case "made":
      guard let path = words.popFirst(), let kind: UInt8 = Self.value(words.popFirst()),
        let kind = FileKind(rawValue: kind)
      else { return nil }
      self = .made(path, kind)
    case "renamed":
      guard let from = words.popFirst(), let to = words.popFirst(), let how = words.popFirst()
      else { return nil }
      self = .renamed(from: from, to: to, exchanges: how == "exchange")
    case "replaced":
      guard let from = words.popFirst(), let to = words.popFirst(),
        let image = Image(words: &words)
      else { return nil }
      self = .replaced(from: from, to: to, image)
    case "staged":
      guard let path = words.popFirst() else { return nil }
      self = .staged(path)
    case "left":
      guard let key = FileKey(words: &words), let size: Int64 = Self.value(words.popFirst()),
        let changed: Int64 = Self.value(words.popFirst())
      else { return nil }
      self = .left(key, Fingerprint(size: size, changed: Timestamp(nanoseconds: changed)))
    case "void": self = .void
    case "closed": self = .closed
    default: return nil
    }
  }

  fileprivate static func number(_ value: some BinaryInteger) -> ByteString {
    ByteString(String(value))
  }

  fileprivate static func value<Number: FixedWidthInteger>(_ word: ByteString?) -> Number? {
    word?.string.flatMap { Number($0) }
  }

  /// No byte at all is "%-"; a number of two digits can't be mistaken for it.
  private static func escaped(_ word: ByteString) -> [UInt8] {
    if word.isEmpty { return Array("%-".utf8) }
    return word.bytes.flatMap { byte -> [UInt8] in
      if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "%") { return [byte] }
      let digits = String(byte, radix: 16)
      return Array("%\(digits.utf8.count == 1 ? "0" : "")\(digits)".utf8)
    }
  }

  private static func unescaped(_ word: ArraySlice<UInt8>) -> ByteString? {
    if word.elementsEqual("%-".utf8) { return ByteString([]) }
    var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], word)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return ByteString(bytes)
  }
}

extension FileKey {
  fileprivate init?(words: inout ArraySlice<ByteString>) {
    guard let device: UInt64 = Record.value(words.popFirst()),
      let inode: UInt64 = Record.value(words.popFirst())
    else { return nil }
    self.init(device: device, inode: inode)
  }
}

extension Image {
  fileprivate var words: [ByteString] {
    let numbers: [any BinaryInteger] = [
      kind.rawValue, permissions, owner, group, size, accessed.nanoseconds, modified.nanoseconds,
      node, key.device, key.inode, object ?? -1, attributes.count,
    ]
    let pairs = attributes.sorted { $0.key < $1.key }.flatMap { [$0.key, ByteString($0.value)] }
    return numbers.map { ByteString("\($0)") } + [target ?? ByteString([])] + pairs
  }

  fileprivate init?(words: inout ArraySlice<ByteString>) {
    func next<Number: FixedWidthInteger>() -> Number? { Record.value(words.popFirst()) }
    guard let kind: UInt8 = next(), let kind = FileKind(rawValue: kind),
      let permissions: UInt32 = next(), let owner: UInt32 = next(), let group: UInt32 = next(),
      let size: Int64 = next(), let accessed: Int64 = next(), let modified: Int64 = next(),
      let node: UInt64 = next(), let key = FileKey(words: &words), let object: Int = next(),
      let count: Int = next(), let target = words.popFirst()
    else { return nil }
    self.kind = kind
    self.permissions = permissions
    self.owner = owner
    self.group = group
    self.size = size
    self.accessed = Timestamp(nanoseconds: accessed)
    self.modified = Timestamp(nanoseconds: modified)
    self.node = node
    self.key = key
    self.object = object < 0 ? nil : object
    self.target = kind == .symlink ? target : nil
    for _ in 0..<count {
      guard let name = words.popFirst(), let value = words.popFirst() else { return nil }
      attributes[name] = value.bytes
    }
  }
}
