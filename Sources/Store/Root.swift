import Linux

/// A host directory that the session shows copy-on-write.
package struct Root: Hashable, Sendable {
  /// What a root is to the user; apply treats them differently.
  package enum Role: String, Sendable {
    case project, home, extra
  }

  /// The number, 1 for the project.
  ///
  /// The node of the root's top directory has the same number.
  package let id: Int64
  package let path: ByteString
  package let role: Role
  /// The directory's identity when the session was made; apply refuses another.
  package let device: UInt64
  package let inode: UInt64

  /// The top directory's node.
  package var node: NodeID { NodeID(id) }

  /// A root by all that is known of it.
  package init(id: Int64, path: ByteString, role: Role, device: UInt64, inode: UInt64) {
    self.id = id
    self.path = path
    self.role = role
    self.device = device
    self.inode = inode
  }
}
