import Linux

/// A command of cowbox itself that is asked about this session: what rooms above this one know.
///
/// The keeper has threads and can't fork, and knows nothing of plans and applies; so it starts its
/// own program with the words that a person would type.
final class VerbCall: Attended {
  private let asker: Asker
  private let process: Int32
  private let ended: OwnedDescriptor
  private let output: Collector
  private let errors: Collector
  private let read: (VerbOutput) throws(ProtocolError) -> JSON
  private var place = 0
  private(set) var isOver = false

  /// Starts `cowbox` with some words; `read` makes the answer of what it printed.
  init(
    _ words: [ByteString], for asker: Asker,
    read: @escaping (VerbOutput) throws(ProtocolError) -> JSON
  ) throws(Errno) {
    self.asker = asker
    self.read = read
    let (output, errors) = (try Pipe().release(), try Pipe().release())
    self.output = Collector(OwnedDescriptor(owning: output.output))
    self.errors = Collector(OwnedDescriptor(owning: errors.output))
    let first = OwnedDescriptor(owning: output.input)
    let second = OwnedDescriptor(owning: errors.input)
    let nothing = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [])
    let started = try SpawnedProcess.own(
      words, streams: [nothing.borrowed, first.borrowed, second.borrowed])
    _ = consume first
    _ = consume second
    let raw = started.release()
    process = raw.id
    ended = OwnedDescriptor(owning: raw.ended)
    for collector in [self.output, self.errors] {
      try collector.descriptor.borrowed.setNonBlocking(true)
    }
  }

  func prepare(_ set: inout PollSet) {
    for collector in [output, errors] { collector.prepare(&set) }
    place = set.add(ended.borrowed)
  }

  func advance(_ set: PollSet) {
    for collector in [output, errors] { collector.take() }
    if !set.events(at: place).isEmpty { finish() }
  }

  private func finish() {
    isOver = true
    let status = Self.reap(process)
    do throws(ProtocolError) {
      if output.isFull {
        throw ProtocolError(.failed, "the answer is larger than 48 MiB", hint: "ask for less")
      }
      asker.answer(
        try read(VerbOutput(status: status, output: output.bytes, errors: errors.bytes)))
    } catch { asker.refuse(error) }
  }

  private static func reap(_ process: Int32) -> CommandEnd {
    // It has ended, and nobody else waits for it.
    guard let ended = try? Process.wait(for: process, blocking: true) else { return .exited(125) }
    return CommandEnd(waitStatus: ended.status)
  }

  func cancel() {
    guard !isOver else { return }
    isOver = true
    // One that has ended by itself is reaped all the same.
    try? Process.signal(process, 9)
    _ = Self.reap(process)
    asker.refuse(ProtocolError(.cancelled, "the request was taken back"))
  }

  func isFor(_ connection: Int, request: RequestID?) -> Bool {
    asker.connection.id == connection && (request == nil || request == asker.id)
  }
}

/// What comes out of a pipe, while it is open.
private final class Collector {
  let descriptor: OwnedDescriptor
  private(set) var bytes: [UInt8] = []
  private var isOpen = true

  /// An answer that is longer is refused.
  private static let most = 48 << 20

  init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }

  var isFull: Bool { bytes.count >= Self.most }

  func prepare(_ set: inout PollSet) { if isOpen { set.add(descriptor.borrowed) } }

  /// Reads all that is there; what is too much is read and forgotten.
  func take() {
    while isOpen {
      do throws(Errno) {
        let part = try descriptor.borrowed.read(byteCount: 1 << 16)
        if part.isEmpty { isOpen = false }
        if !isFull { bytes += part }
      } catch .tryAgain {
        return
      } catch {
        isOpen = false
      }
    }
  }
}

/// What a command of cowbox printed, and how it ended.
struct VerbOutput {
  let status: CommandEnd
  let output: [UInt8]
  let errors: [UInt8]

  /// The output; a failure is the sentence that the command said, with its hint.
  func checked(allowing statuses: Set<Int32> = [0]) throws(ProtocolError) -> [UInt8] {
    if statuses.contains(status.exitStatus) { return output }
    let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
    var sentence = lines.first.map(String.init) ?? "cowbox ended with \(status.exitStatus)"
    if sentence.hasPrefix("cowbox: ") { sentence.removeFirst(8) }
    let hint = lines.dropFirst().map { $0.drop { $0 == " " } }.joined(separator: "\n")
    let code: ProtocolError.Code =
      switch status.exitStatus {
      case 2: .wrongParams
      case 3: .conflict
      case 4: .busy
      case 5: .risk
      case 6: .noWall
      default: .failed
      }
    throw ProtocolError(
      code, sentence, hint: hint.isEmpty ? nil : hint, exit: status.exitStatus)
  }

  /// The output as one value of JSON.
  func json() throws(ProtocolError) -> JSON {
    let text = try checked()
    do throws(JSONError) { return try JSONReader.read(text) } catch {
      throw ProtocolError(.inside, "cowbox printed no JSON: \(error)")
    }
  }
}
