import Linux
import Sandbox

/// The pipes of a command whose client takes and gives their content as messages.
final class CommandStreams: Attended {
  private let process: Int64
  private let client: Connection
  private var input: OwnedDescriptor?
  private var toWrite: [UInt8] = []
  private var outputs: [Output]
  /// What is said once everything that the command wrote was said.
  private var farewell: Message?
  private(set) var isOver = false
  private var inputPlace: Int?

  /// One of the two streams that a command writes to.
  private struct Output {
    let name: String
    let descriptor: Int32
    var place: Int?
  }

  /// More waiting input than this is refused.
  private static let mostInput = 16 << 20
  private static let partSize = 1 << 16

  /// The keeper's ends of a command's pipes; they are the streams' from here on.
  init(_ process: Int64, of client: Connection, _ ends: Ends) {
    self.process = process
    self.client = client
    input = OwnedDescriptor(owning: ends.input)
    outputs = [
      Output(name: "stdout", descriptor: ends.output),
      Output(name: "stderr", descriptor: ends.error),
    ]
  }

  deinit { for output in outputs { _ = OwnedDescriptor(owning: output.descriptor) } }

  /// The keeper's ends, raw.
  struct Ends {
    let input: Int32
    let output: Int32
    let error: Int32
  }

  /// Makes three pipes: the keeper's ends, which never block, and the command's.
  static func pipes() throws(Errno) -> (ours: Ends, theirs: [Int32]) {
    let input = try Pipe()
    let output = try Pipe()
    let error = try Pipe()
    try input.input.borrowed.setNonBlocking(true)
    try output.output.borrowed.setNonBlocking(true)
    try error.output.borrowed.setNonBlocking(true)
    let (first, second, third) = (input.release(), output.release(), error.release())
    return (
      Ends(input: first.input, output: second.output, error: third.output),
      [first.output, second.input, third.input]
    )
  }

  func prepare(_ set: inout PollSet) {
    inputPlace = nil
    if let raw = input?.raw, !toWrite.isEmpty {
      inputPlace = set.add(Descriptor(raw), .writable)
    }
    for index in outputs.indices {
      outputs[index].place =
        client.takesOutput ? set.add(Descriptor(outputs[index].descriptor)) : nil
    }
  }

  func advance(_ set: PollSet) {
    if let inputPlace, !set.events(at: inputPlace).isEmpty { feed() }
    for index in outputs.indices.reversed() {
      guard let place = outputs[index].place else { continue }
      if farewell != nil { drain(index) } else if !set.events(at: place).isEmpty { read(index) }
    }
    sayFarewell()
  }

  /// Gives the command more input; nil ends it.
  func write(_ bytes: [UInt8]?) throws(ProtocolError) {
    guard let bytes else { return endInput() }
    guard input != nil else { throw ProtocolError(.failed, "the command's input is closed") }
    guard toWrite.count + bytes.count <= Self.mostInput else {
      throw ProtocolError(.busy, "16 MiB of input wait already", hint: "send less at once")
    }
    toWrite += bytes
    feed()
  }

  private var inputEnds = false

  private func endInput() {
    inputEnds = true
    if toWrite.isEmpty { input = nil }
  }

  private func feed() {
    guard let raw = input?.raw else { return }
    while !toWrite.isEmpty {
      do throws(Errno) {
        let count = try Descriptor(raw).writeSome(toWrite)
        toWrite.removeFirst(count)
      } catch .tryAgain {
        return
      } catch {
        // The command does not read any more.
        toWrite = []
        input = nil
        return
      }
    }
    if inputEnds { input = nil }
  }

  /// Says one part of an output, or that it is over.
  private func read(_ index: Int) {
    do throws(Errno) {
      let bytes = try Descriptor(outputs[index].descriptor).read(byteCount: Self.partSize)
      if bytes.isEmpty { return close(index) }
      client.send(
        .notification(
          method: "output",
          params: [
            "process": .int(process), "stream": .string(outputs[index].name),
            "data": JSON(content: bytes),
          ]))
    } catch .tryAgain {
      // The command has ended, and what it left behind writes nothing more for now.
      if farewell != nil { close(index) }
    } catch { close(index) }
  }

  private func close(_ index: Int) {
    _ = OwnedDescriptor(owning: outputs.remove(at: index).descriptor)
  }

  /// The command has ended: this is said when its output was.
  func end(with message: Message) {
    farewell = message
    input = nil
    for index in outputs.indices.reversed() { drain(index) }
    sayFarewell()
  }

  /// Says what is there; as much as the client takes.
  private func drain(_ index: Int) {
    let before = outputs.count
    while outputs.count == before, client.takesOutput { read(index) }
  }

  /// A process that the command left behind may hold an output open and say nothing more.
  var patience: Int32? { farewell == nil ? nil : 100 }

  private func sayFarewell() {
    guard outputs.isEmpty, let farewell else { return }
    client.send(farewell)
    self.farewell = nil
    isOver = true
  }

  func cancel() { isOver = true }

  func isFor(_ connection: Int, request: RequestID?) -> Bool {
    client.id == connection && request == nil
  }
}
