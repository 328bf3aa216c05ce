import Linux

/// A command to start in a box.
package struct Spawn: Sendable {
  /// How the command stands to its terminal.
  package struct Style: OptionSet, Sendable {
    package let rawValue: UInt8
    /// Bits of the packet that init gets.
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Standard input is a terminal of the box that the command controls, with job control.
    package static let terminal = Style(rawValue: 1)
    /// No program: the plan's service, on standard input, confined like a command.
    package static let service = Style(rawValue: 2)

    /// The stream of that number, 0 to 2, is closed.
    package static func closed(_ number: Int32) -> Style { Style(rawValue: 4 << UInt8(number)) }
  }

  /// The words of the command; the first is looked up in the environment's PATH.
  package var words: [ByteString]
  /// The whole environment, "NAME=value" each.
  package var environment: [ByteString]
  /// Where it starts, a path inside the box.
  package var directory: ByteString
  package var style: Style
  /// Which permissions the command's new files don't get.
  package var creationMask: UInt32
  /// After how many milliseconds it is ended, with exit code 124; nil is never.
  package var timeout: Int64?

  /// A command by its words.
  package init(
    words: [ByteString], environment: [ByteString], directory: ByteString, style: Style = [],
    creationMask: UInt32 = 0o022, timeout: Int64? = nil
  ) {
    self.words = words
    self.environment = environment
    self.directory = directory
    self.style = style
    self.creationMask = creationMask
    self.timeout = timeout
  }
}

/// The keeper's number for a command of its box.
package struct ProcessNumber: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32
  /// A number as the box counts them, from 1.
  package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// One step of starting a command.
package enum SpawnStep: UInt8, Sendable {
  case fork = 1
  case terminal
  case limits
  case descriptors
  case directory
  case execute
  case talk
  case files
  case streams
}

/// A command that could not be started.
package struct SpawnError: Error, Equatable, Sendable {
  package let step: SpawnStep
  package let errno: Errno
  /// The directory or the program that the step was about.
  package let path: ByteString?

  /// A failure at a step of starting.
  package init(_ step: SpawnStep, _ errno: Errno, _ path: ByteString? = nil) {
    self.step = step
    self.errno = errno
    self.path = path
  }

  /// The exit code of a shell: 127 not found, 126 not executable, 125 everything else.
  package var exitCode: Int32 {
    guard step == .execute else { return 125 }
    return errno == .noEntry || errno == .notDirectory ? 127 : 126
  }
}

extension SpawnError: CustomStringConvertible {
  package var description: String {
    let on = path.map { " '\($0.printable)'" } ?? ""
    return switch step {
    case .fork: "cannot start another process in the box: \(errno)"
    case .terminal: "cannot give the command its terminal: \(errno)"
    case .limits: "cannot set the limits of the command: \(errno)"
    case .descriptors: "cannot hand over input and output: \(errno)"
    case .files: "cannot put up Landlock: \(errno)"
    case .streams: "cannot give the command\(on) without a way to change it: \(errno)"
    case .directory: "cannot start in the directory\(on): \(errno)"
    case .execute where errno == .noEntry: "cannot find the command\(on) in the session"
    case .execute: "cannot run\(on): \(errno)"
    case .talk: "the box has ended: \(errno)"
    }
  }
}

extension Spawn {
  /// Words, environment and directory as one file in memory.
  var payload: [UInt8] {
    var bytes: [UInt8] = []
    let header = [
      UInt64(words.count), UInt64(environment.count), UInt64(creationMask),
      UInt64(clamping: timeout ?? 0),
    ]
    for number in header { withUnsafeBytes(of: number) { bytes += $0 } }
    for string in [directory] + words + environment {
      bytes += string.bytes
      bytes.append(0)
    }
    return bytes
  }

  /// Reads back what `payload` wrote.
  init?(payload: [UInt8], style: Style) {
    guard payload.count >= 32 else { return nil }
    let header = payload.withUnsafeBytes { bytes in
      (0..<4).map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
    }
    let strings = payload[32...].split(separator: 0, omittingEmptySubsequences: false).dropLast()
    let (count, variables) = (Int(clamping: header[0]), Int(clamping: header[1]))
    guard count > 0, strings.count - 1 - count == variables else { return nil }
    let all = strings.map { ByteString($0) }
    self.init(
      words: Array(all[1..<1 + count]), environment: Array(all[(1 + count)...]),
      directory: all[0], style: style, creationMask: UInt32(truncatingIfNeeded: header[2]),
      timeout: header[3] == 0 ? nil : Int64(clamping: header[3]))
  }
}
