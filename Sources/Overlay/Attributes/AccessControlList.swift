import Linux

/// A POSIX access control list, as its extended attribute has it: a version, then the entries.
struct AccessControlList: Equatable {
  struct Entry: Equatable {
    var tag: UInt16
    var permissions: UInt16
    var id: UInt32
  }

  var entries: [Entry]

  static let accessName: ByteString = "system.posix_acl_access"
  static let defaultName: ByteString = "system.posix_acl_default"

  /// Whether an attribute of this name holds a list.
  static func isName(_ name: ByteString) -> Bool { name == accessName || name == defaultName }

  // ACL_USER_OBJ and so on, as acl(5) and the kernel number them.
  private static let owner: UInt16 = 0x01
  private static let group: UInt16 = 0x04
  private static let mask: UInt16 = 0x10
  private static let other: UInt16 = 0x20
  private static let version: UInt32 = 2

  /// The list in an attribute's value; nil when that is no list.
  init?(_ value: [UInt8]) {
    guard value.count >= 4, (value.count - 4) % 8 == 0 else { return nil }
    func number<Number: FixedWidthInteger>(_ at: Int, _: Number.Type) -> Number {
      value.withUnsafeBytes {
        Number(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Number.self))
      }
    }
    guard number(0, UInt32.self) == Self.version else { return nil }
    entries = stride(from: 4, to: value.count, by: 8).map { at in
      Entry(
        tag: number(at, UInt16.self), permissions: number(at + 2, UInt16.self),
        id: number(at + 4, UInt32.self))
    }
  }

  /// The attribute's value.
  var value: [UInt8] {
    var bytes: [UInt8] = []
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    append(Self.version)
    for entry in entries {
      append(entry.tag)
      append(entry.permissions)
      append(entry.id)
    }
    return bytes
  }

  /// Whether the list says no more than the nine permission bits do.
  var isJustMode: Bool {
    entries.allSatisfy { [Self.owner, Self.group, Self.other].contains($0.tag) }
  }

  /// The nine permission bits that go with the list: the mask stands in the group's place.
  var mode: UInt16 {
    func bits(_ tag: UInt16) -> UInt16? { entries.first { $0.tag == tag }?.permissions }
    let group = bits(Self.mask) ?? bits(Self.group) ?? 0
    return (bits(Self.owner) ?? 0) << 6 | group << 3 | (bits(Self.other) ?? 0)
  }

  /// Gives the list the permission bits that chmod(2) sets.
  mutating func setMode(_ mode: UInt16) {
    let hasMask = entries.contains { $0.tag == Self.mask }
    for index in entries.indices {
      switch entries[index].tag {
      case Self.owner: entries[index].permissions = mode >> 6 & 7
      case Self.group where !hasMask: entries[index].permissions = mode >> 3 & 7
      case Self.mask: entries[index].permissions = mode >> 3 & 7
      case Self.other: entries[index].permissions = mode & 7
      default: break
      }
    }
  }

  /// The list that a new file gets from its directory's default list, and the mode with it.
  func inherited(mode: UInt16) -> (list: AccessControlList, mode: UInt16) {
    var list = self
    list.setMode(self.mode & mode & 0o777)
    return (list, mode & 0o7000 | list.mode)
  }
}
