import Linux

extension Change {
  /// Says anew in which attributes the change differs from the lower, after one was merged; content
  /// is as the caller said.
  package mutating func refreshDifferences() {
    guard let old, let new else { return }
    differences.subtract([.permissions, .owner])
    if new.kind != .symlink, old.permissions != new.permissions { differences.insert(.permissions) }
    if old.owner != new.owner || old.group != new.group { differences.insert(.owner) }
  }
}

extension Plan {
  /// Adds a directory that the lower no longer has, above something that lands.
  package mutating func add(directory path: ByteString, base: ByteString, like top: Facts) {
    var change = Change(.added, path: path)
    change.base = base
    change.new = top
    change.new?.attributes = [:]
    changes.append(change)
    changes.sort(by: Change.precedes)
  }

  /// The same plan with every changed file written into the inode that the project has.
  package func writtenInPlace() -> Plan {
    var plan = self
    for index in plan.changes.indices where plan.changes[index].fileKind == .regular {
      guard plan.changes[index].kind == .modified, plan.changes[index].linkedTo == nil else {
        continue
      }
      plan.changes[index].keepsInode = true
      plan.changes[index].isReplacement = false
    }
    return plan
  }
}
