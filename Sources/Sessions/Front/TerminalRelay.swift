import CLinux
import Glibc
import Linux

/// The user's terminal on one side, the command's on the other, and every byte between them.
final class TerminalRelay {
  let input: Descriptor
  let output: Descriptor
  let command: OwnedDescriptor
  private let settings: TerminalSettings
  private var toCommand: ArraySlice<UInt8> = []
  private var inputIsOpen = true
  private(set) var commandIsOpen = true
  private var inputPlace: Int?
  private var commandPlace = 0

  init(input: Descriptor, output: Descriptor, command: consuming OwnedDescriptor) throws(Errno) {
    self.input = input
    self.output = output
    settings = try input.terminalSettings()
    self.command = command
    try self.command.borrowed.setNonBlocking(true)
    try input.makeRaw()
  }

  /// Gives the user's terminal its settings back.
  ///
  /// What was typed for the command, and what the terminal itself answered it, is not for whoever
  /// reads next: a command that waits for a line and ends unread would have the user's shell run it,
  /// outside.
  func restore() {
    // The terminal may be gone; then there is nothing to restore.
    try? input.setTerminalSettings(settings)
  }

  /// Takes the terminal again after the user let cowbox go on.
  func resume() {
    // As in restore.
    try? input.makeRaw()
    resize()
  }

  /// Tells the command how large the user's terminal is now.
  func resize() {
    // A terminal that does not know its size leaves the command's as it was.
    if let size = try? output.windowSize() { try? command.borrowed.setWindowSize(size) }
  }

  /// Adds what is waited for.
  func prepare(_ set: inout PollSet) {
    // Typed text waits in the user's terminal while the command's own input is full.
    inputPlace = inputIsOpen && toCommand.isEmpty ? set.add(input) : nil
    guard commandIsOpen else { return }
    commandPlace = set.add(
      command.borrowed, toCommand.isEmpty ? .readable : [.readable, .writable])
  }

  /// Moves what can be moved now.
  func advance(_ set: PollSet) {
    if let inputPlace, !set.events(at: inputPlace).isEmpty { readInput() }
    if commandIsOpen, set.events(at: commandPlace).contains(.writable) { writeInput() }
    if commandIsOpen, !set.events(at: commandPlace).isDisjoint(with: [.readable, .over]) {
      _ = readOutput()
    }
  }

  private func readInput() {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { room in
      do throws(Errno) {
        let count = try input.read(into: room)
        if count == 0 { inputIsOpen = false }
        toCommand = Array(room.prefix(count))[...]
        writeInput()
      } catch {
        inputIsOpen = false
      }
    }
  }

  private func writeInput() {
    while !toCommand.isEmpty {
      let count = toCommand.withUnsafeBytes { write(command.raw, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      toCommand = toCommand.dropFirst(count)
    }
  }

  /// Shows one portion of what the command wrote; false when there is none.
  private func readOutput() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { room in
      do throws(Errno) {
        let count = try command.borrowed.read(into: room)
        guard count > 0 else {
          commandIsOpen = false
          return false
        }
        try output.write(UnsafeRawBufferPointer(rebasing: room[..<count]))
        return true
      } catch .tryAgain {
        return false
      } catch {
        // EIO: no process has the command's side open any more.
        commandIsOpen = false
        return false
      }
    }
  }

  /// Shows what the command wrote before it ended.
  func drain() { while commandIsOpen, readOutput() {} }
}
