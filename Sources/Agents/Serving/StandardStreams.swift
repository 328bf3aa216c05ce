import Linux
import Sessions

/// Standard input and output as lines, never waiting for who reads or writes at the other end.
final class StandardStreams {
  private var received = LineBuffer(longest: 64 << 20)
  private var toWrite: [[UInt8]] = []
  private var written = 0
  private(set) var backlog = 0
  private(set) var inputIsOpen = true
  /// Whether nobody reads what we write.
  private(set) var isOver = false
  private var inputPlace: Int?
  private var outputPlace = 0

  /// What poll(2) calls writable takes so much without waiting (pipe(7), PIPE_BUF).
  private static let atOnce = 4096
  /// While more waits to be read at the other end, nothing more is taken in.
  private static let busyBacklog = 16 << 20

  func send(_ message: JSON) {
    var line: [UInt8] = []
    message.write(to: &line)
    line.append(UInt8(ascii: "\n"))
    toWrite.append(line)
    backlog += line.count
  }

  func prepare(_ set: inout PollSet, takesInput: Bool) {
    inputPlace =
      inputIsOpen && takesInput && backlog < Self.busyBacklog ? set.add(.standardInput) : nil
    outputPlace = set.add(.standardOutput, toWrite.isEmpty ? [] : .writable)
  }

  func advance(_ set: PollSet) throws(Errno) {
    let output = set.events(at: outputPlace)
    // A pipe's reader that is gone is an error of its writer.
    if !output.isDisjoint(with: .over), !output.contains(.writable) || toWrite.isEmpty {
      isOver = true
    }
    if output.contains(.writable) { writeSome() }
    guard let inputPlace, !set.events(at: inputPlace).isEmpty else { return }
    let bytes = try Descriptor.standardInput.read(byteCount: 1 << 18)
    if bytes.isEmpty { inputIsOpen = false }
    received.append(bytes)
  }

  private func writeSome() {
    guard let line = toWrite.first else { return }
    do throws(Errno) {
      let count = try Descriptor.standardOutput.writeSome(line[written...].prefix(Self.atOnce))
      written += count
      backlog -= count
    } catch .tryAgain {
      return
    } catch {
      isOver = true
    }
    if written == line.count {
      toWrite.removeFirst()
      written = 0
    }
  }

  /// The next whole line that has come.
  func nextLine() throws(ProtocolError) -> ArraySlice<UInt8>? { try received.next() }
}
