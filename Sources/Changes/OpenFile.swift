import Linux

/// An open file that several may hold; closed when the last lets go.
package final class OpenFile {
  private let descriptor: OwnedDescriptor

  /// Takes ownership of an open file.
  package init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  package var borrowed: Descriptor { descriptor.borrowed }
}
