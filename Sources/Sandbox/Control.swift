import Linux

/// What the keeper says to init: one packet each.
enum Order: Equatable {
  case proceed
  case build
  /// Three descriptors and the payload come beside it.
  case spawn(ProcessNumber, Spawn.Style)
  /// To a command's group, or to everything when the number is nil.
  case signal(ProcessNumber?, Int32)
  /// A socket of the box's network is wanted.
  case socket
  /// The directory of the first root is wanted, open.
  case view

  var bytes: [UInt8] {
    switch self {
    case .proceed: [1]
    case .build: [2]
    case .spawn(let number, let style): [3, style.rawValue] + words(number.rawValue, 0)
    case .signal(let number, let signal):
      [4, number == nil ? 1 : 0] + words(number?.rawValue ?? 0, UInt32(bitPattern: signal))
    case .socket: [5]
    case .view: [6]
    }
  }

  init?(_ bytes: [UInt8]) {
    switch (bytes.first, bytes.count) {
    case (1, 1): self = .proceed
    case (2, 1): self = .build
    case (3, 10):
      self = .spawn(ProcessNumber(rawValue: word(bytes, 2)), Spawn.Style(rawValue: bytes[1]))
    case (4, 10):
      let number = bytes[1] == 1 ? nil : ProcessNumber(rawValue: word(bytes, 2))
      self = .signal(number, Int32(bitPattern: word(bytes, 6)))
    case (5, 1): self = .socket
    case (6, 1): self = .view
    default: return nil
    }
  }
}

/// What init says to the keeper: one packet each.
enum Report: Equatable {
  /// Opened FUSE devices come beside it, the mounted one first.
  case devices
  /// The directory of the box's terminals comes beside it and the host's files for streams, then,
  /// where the plan has them, the proxy's listener, the resolver's socket and the watch of the
  /// covers, last the filter's listener.
  case ready(hasCovers: Bool, hasListener: Bool)
  case failed(LaunchStage, Errno, ByteString?)
  case started(ProcessNumber)
  case notStarted(ProcessNumber, SpawnStep, Errno)
  case stopped(ProcessNumber)
  case exited(ProcessNumber, Int32)
  /// The command's time is over; its end is to follow.
  case timedOut(ProcessNumber)
  /// What was wanted comes beside it, unless there is an error.
  case given(Errno?)

  var bytes: [UInt8] {
    switch self {
    case .devices: [1]
    case .ready(let hasCovers, let hasListener):
      [2, (hasCovers ? 1 : 0) | (hasListener ? 2 : 0)]
    case .failed(let stage, let errno, let detail):
      [3, stage.rawValue] + words(UInt32(bitPattern: errno.rawValue), detail == nil ? 0 : 1)
        + (detail?.bytes ?? [])
    case .started(let number): [4] + words(number.rawValue, 0)
    case .notStarted(let number, let step, let errno):
      [5, step.rawValue] + words(number.rawValue, UInt32(bitPattern: errno.rawValue))
    case .stopped(let number): [6] + words(number.rawValue, 0)
    case .exited(let number, let status):
      [7] + words(number.rawValue, UInt32(bitPattern: status))
    case .timedOut(let number): [8] + words(number.rawValue, 0)
    case .given(let errno): [9] + words(UInt32(bitPattern: errno?.rawValue ?? 0), 0)
    }
  }

  init?(_ bytes: [UInt8]) {
    switch (bytes.first, bytes.count) {
    case (1, 1): self = .devices
    case (2, 2): self = .ready(hasCovers: bytes[1] & 1 != 0, hasListener: bytes[1] & 2 != 0)
    case (3, 10...):
      guard let stage = LaunchStage(rawValue: bytes[1]) else { return nil }
      let detail = word(bytes, 6) == 0 ? nil : ByteString(bytes[10...])
      self = .failed(stage, Errno(Int32(bitPattern: word(bytes, 2))), detail)
    case (4, 9): self = .started(ProcessNumber(rawValue: word(bytes, 1)))
    case (5, 10):
      guard let step = SpawnStep(rawValue: bytes[1]) else { return nil }
      let errno = Errno(Int32(bitPattern: word(bytes, 6)))
      self = .notStarted(ProcessNumber(rawValue: word(bytes, 2)), step, errno)
    case (6, 9): self = .stopped(ProcessNumber(rawValue: word(bytes, 1)))
    case (7, 9):
      self = .exited(
        ProcessNumber(rawValue: word(bytes, 1)), Int32(bitPattern: word(bytes, 5)))
    case (8, 9): self = .timedOut(ProcessNumber(rawValue: word(bytes, 1)))
    case (9, 9):
      let errno = Int32(bitPattern: word(bytes, 1))
      self = .given(errno == 0 ? nil : Errno(errno))
    default: return nil
    }
  }
}

private func words(_ first: UInt32, _ second: UInt32) -> [UInt8] {
  withUnsafeBytes(of: first.littleEndian) { Array($0) }
    + withUnsafeBytes(of: second.littleEndian) { Array($0) }
}

private func word(_ bytes: [UInt8], _ at: Int) -> UInt32 {
  bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
}
