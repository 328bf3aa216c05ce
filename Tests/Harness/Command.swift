import CLinux
import Glibc
import Linux

/// A program that a test runs: words, directory, environment, input.
package struct Command: Sendable {
  package var words: [String]
  package var directory: String
  package var environment: [String: String]
  package var input: [UInt8] = []
  package var milliseconds: Int32 = 60_000

  /// A program by its words.
  package init(_ words: [String], in directory: String, environment: [String: String]) {
    self.words = words
    self.directory = directory
    self.environment = environment
  }

  /// Starts it and answers while it runs.
  package func start() throws -> Running {
    try Running(self)
  }

  /// Runs it to its end; one that takes too long is killed.
  package func run() throws -> Finished {
    try start().finish()
  }
}

/// A program that runs, with pipes at its input and outputs.
package final class Running {
  package let process: Int32
  private var input: OwnedDescriptor?
  private let output: OwnedDescriptor
  private let errors: OwnedDescriptor
  private var toWrite: ArraySlice<UInt8>
  private let deadline: Timestamp
  private var hasEnded = false

  init(_ command: Command) throws {
    let (input, output, errors) = (try Pipe(), try Pipe(), try Pipe())
    self.input = OwnedDescriptor(owning: input.write)
    self.output = OwnedDescriptor(owning: output.read)
    self.errors = OwnedDescriptor(owning: errors.read)
    let given = [input.read, output.write, errors.write]
    defer { for end in given { _ = OwnedDescriptor(owning: end) } }
    // The threads that tests run on block nearly every signal: this lets no program inherit that.
    process = try SpawnedProcess.start(
      ByteString(command.words[0]), command.words.map { ByteString($0) },
      environment: command.environment.map { ByteString("\($0)=\($1)") },
      streams: given.map { Descriptor($0) }, directory: ByteString(command.directory)
    ).id
    toWrite = command.input[...]
    deadline = Timestamp(
      nanoseconds: Timestamp.now.nanoseconds + Int64(command.milliseconds) * 1_000_000)
  }

  deinit {
    if !hasEnded {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
    }
  }

  /// Sends the program a signal.
  package func signal(_ number: Int32) { kill(process, number) }

  /// Reads its output until it holds a text; false when it ended before.
  package func waitFor(_ text: String) throws -> Bool {
    var seen: [UInt8] = []
    while Timestamp.now < deadline {
      var set = PollSet()
      set.add(output.borrowed)
      guard try set.wait(milliseconds: 100) else { continue }
      let part = try Self.part(of: output.borrowed)
      if part.isEmpty { return false }
      seen += part
      if String(decoding: seen, as: UTF8.self).contains(text) { return true }
    }
    return false
  }

  /// Takes in all it writes, and its end.
  package func finish() throws -> Finished {
    // A program that reads nothing closes its end while we write.
    ignoreSignal(SIGPIPE)
    var collected: ([UInt8], [UInt8]) = ([], [])
    var open = (true, true)
    var timedOut = false
    while open.0 || open.1 {
      if Timestamp.now > deadline, !timedOut {
        timedOut = true
        kill(process, SIGKILL)
      }
      // What it started may hold its outputs for ever.
      if Timestamp.now.nanoseconds > deadline.nanoseconds + 5_000_000_000 { break }
      try advance(&collected, &open)
    }
    var status: Int32 = 0
    try check { waitpid(process, &status, 0) }
    hasEnded = true
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    return Finished(
      status: code, output: collected.0, errors: collected.1, timedOut: timedOut)
  }

  private func advance(_ collected: inout ([UInt8], [UInt8]), _ open: inout (Bool, Bool)) throws {
    feed()
    var set = PollSet()
    let first = open.0 ? set.add(output.borrowed) : nil
    let second = open.1 ? set.add(errors.borrowed) : nil
    guard try set.wait(milliseconds: toWrite.isEmpty ? 100 : 1) else { return }
    if let first, !set.events(at: first).isEmpty {
      let part = try Self.part(of: output.borrowed)
      open.0 = !part.isEmpty
      collected.0 += part
    }
    if let second, !set.events(at: second).isEmpty {
      let part = try Self.part(of: errors.borrowed)
      open.1 = !part.isEmpty
      collected.1 += part
    }
  }

  private func feed() {
    if let raw = input?.raw, !toWrite.isEmpty {
      _ = cl_fcntl(raw, F_SETFL, Int(O_NONBLOCK))
      let count = toWrite.withUnsafeBytes { write(raw, $0.baseAddress, $0.count) }
      if count > 0 { toWrite = toWrite.dropFirst(count) }
      if count < 0, errno != EAGAIN { toWrite = [] }
    }
    if toWrite.isEmpty { input = nil }
  }

  private static func part(of descriptor: Descriptor) throws(Errno) -> [UInt8] {
    var room = [UInt8](repeating: 0, count: 65536)
    let count = try room.withUnsafeMutableBufferPointer { bytes throws(Errno) in
      try descriptor.read(into: UnsafeMutableRawBufferPointer(bytes))
    }
    return Array(room.prefix(count))
  }
}

/// Both ends of a pipe, close-on-exec.
private struct Pipe {
  let read: Int32
  let write: Int32

  init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try check { pipe2(&ends, O_CLOEXEC) }
    (read, write) = (ends[0], ends[1])
  }
}
