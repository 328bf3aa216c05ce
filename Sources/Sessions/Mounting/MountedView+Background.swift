import CLinux
import Linux
import Sandbox

extension MountedView {
  /// Mounts in a process of its own and returns once the view can be used.
  ///
  /// The caller has a single thread. `whenReady` is called in the new process.
  package func serveInBackground(
    _ choice: SessionChoice, whenReady: (SessionName) -> Void
  ) throws -> Int32 {
    let (output, input) = try attempt("make a pipe") { () throws(Errno) in try Pipe() }.release()
    do throws(LaunchError) {
      _ = try Forking.child { live(choice, input, whenReady) }
    } catch {
      throw SessionError("cannot start the mount's process: \(error)", hint: error.remedy)
    }
    _ = OwnedDescriptor(owning: input)
    let waiting = OwnedDescriptor(owning: output)
    let sentence = try waiting.borrowed.readToEnd()
    if sentence.first == 1 { return 0 }
    let parts = sentence.split(separator: 0, maxSplits: 1).map {
      String(decoding: $0, as: UTF8.self)
    }
    throw SessionError(
      parts.first ?? "the mount's process ended before the view was mounted",
      hint: parts.count > 1 ? parts[1] : nil)
  }

  private func live(_ choice: SessionChoice, _ input: Int32, _ whenReady: (SessionName) -> Void)
    -> Int32
  {
    let front = OwnedDescriptor(owning: input)
    do {
      try Process.beginTerminalSession()
      try serve(choice) { name in
        whenReady(name)
        try front.borrowed.write([1])
        let nothing = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [.readWrite])
        for number in [0, 1, 2, front.raw] { try nothing.borrowed.duplicate(onto: number) }
        try Process.changeDirectory(to: "/")
      }
      return 0
    } catch {
      let hint = (error as? SessionError)?.hint
      // A front that is gone needs no answer.
      try? front.borrowed.write(
        Array("\(error)".utf8) + (hint.map { [0] + Array($0.utf8) } ?? []))
      return 1
    }
  }
}

extension Descriptor {
  /// All that comes until the other end is closed, or says that it goes on alone.
  fileprivate func readToEnd() throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while bytes.first != 1 {
      let count = try room.withUnsafeMutableBufferPointer { room throws(Errno) in
        try read(into: UnsafeMutableRawBufferPointer(room))
      }
      if count == 0 { break }
      bytes += room.prefix(count)
    }
    return bytes
  }
}
