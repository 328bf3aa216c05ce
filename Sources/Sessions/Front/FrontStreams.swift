import Glibc
import Linux

/// The streams of the front's that a command gets when it has no terminal of its own.
///
/// A terminal of another job is given for output only. The command's session is not the terminal's,
/// so the kernel would not stop it, as it stops the shell's own jobs in the background, from reading
/// what is typed for others.
struct FrontStreams: ~Copyable {
  private(set) var descriptors: [Int32]

  /// Takes the three of this process.
  init() throws(Errno) {
    descriptors = [0, 1, 2]
    for number: Int32 in 0...2 {
      let stream = Descriptor(number)
      guard stream.isTerminal, stream.isOfAnotherJob else { continue }
      let other =
        number == 0
        ? try Descriptor.currentDirectory.open("/dev/null" as ByteString, .readOnly)
        : try Descriptor.currentDirectory.open(stream.procPath, [.writeOnly, .noTerminal])
      descriptors[Int(number)] = other.release()
    }
  }

  deinit { for raw in descriptors where raw > 2 { _ = OwnedDescriptor(owning: raw) } }
}
