import Linux

extension Plan {
  /// The plan's id: a hash over what would land, the same in every run and process.
  package func id(_ contents: ContentReader) throws -> String {
    var hash = SHA256()
    hash.update(Array("cowbox-plan-1\0".utf8))
    for change in changes {
      hash.add(change.key)
      hash.add(change.origin ?? ByteString([]))
      hash.add(change.linkedTo ?? ByteString([]))
      if let facts = change.new { hash.add(facts) }
      for item in change.below { hash.add(item.path) }
      if let facts = change.new, facts.kind == .regular, change.bringsContent {
        hash.update(try contents.hash(change.newContent, size: facts.size))
      }
    }
    return hash.finish().hexadecimal
  }
}

extension Change {
  /// Whether bytes of the session land with the change.
  package var bringsContent: Bool {
    guard new?.kind == .regular, kind != .deleted else { return false }
    if case .lower = newContent { return false }
    return kind != .modified || differences.contains(.content)
  }
}

extension SHA256 {
  /// Adds a name, so that two names never run into each other.
  fileprivate mutating func add(_ name: ByteString) {
    add(UInt64(name.count))
    update(name.bytes)
  }

  fileprivate mutating func add(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { update($0) }
  }

  fileprivate mutating func add(_ facts: Facts) {
    for number in [
      UInt64(facts.kind.rawValue), UInt64(facts.permissions), UInt64(facts.owner),
      UInt64(facts.group), facts.kind == .directory ? 0 : UInt64(bitPattern: facts.size),
      UInt64(bitPattern: facts.modified.nanoseconds), facts.device,
    ] { add(number) }
    add(facts.target ?? ByteString([]))
    let attributes = facts.attributes ?? [:]
    add(UInt64(attributes.count))
    for name in attributes.keys.sorted() {
      add(name)
      add(ByteString(attributes[name] ?? []))
    }
  }
}
