import Confinement
import Glibc
import Linux

/// Process 1 of a box: starts commands as the keeper orders, reaps everything, reports the ends.
///
/// When it ends, the kernel ends every process of the box with it; it ends when the keeper does.
struct Init {
  private struct Child {
    let number: ProcessNumber
    /// The process that init waits for: the command, or the leader of its terminal's session.
    let process: Int32
    let hasLeader: Bool
    /// The group that signals for the command go to.
    var group: Int32?
    /// Tells the command's process id, then how exec failed; its end means that it ran.
    var news: Descriptor?
    /// When it is to get its next signal to end, and which.
    var deadline: (when: Timestamp, signal: Int32)?
  }

  private let keeper: Descriptor
  private let limits: [ResourceLimit]
  private let files: FileRestriction?
  private let service: (@Sendable (Descriptor) -> Int32)?
  /// The first root as the box sees it; nil where it has none.
  private let view: Descriptor?
  private var children: [Child] = []

  init(
    keeper: Descriptor, limits: [ResourceLimit], files: FileRestriction?,
    service: (@Sendable (Descriptor) -> Int32)?, view: Descriptor?
  ) {
    self.keeper = keeper
    self.limits = limits
    self.files = files
    self.service = service
    self.view = view
  }

  /// Serves until the keeper's end of the socket is closed; answers an exit status.
  mutating func serve() -> Int32 {
    do {
      let signals = try SignalInput([SIGCHLD])
      while true {
        var waiting = PollSet()
        waiting.add(keeper)
        waiting.add(signals.descriptor.borrowed)
        for child in children { if let news = child.news { waiting.add(news) } }
        _ = try waiting.wait(milliseconds: endOverdue())
        hearNews()
        while try signals.next() != nil {}
        try reap()
        if !waiting.events(at: 0).isEmpty, try !obey() { return 0 }
      }
    } catch { return 125 }
  }

  /// Carries out one order; false when the keeper is gone.
  private mutating func obey() throws(Errno) -> Bool {
    let message = try keeper.receive(limit: 64)
    defer { for raw in message.descriptors { _ = OwnedDescriptor(owning: raw) } }
    if message.bytes.isEmpty { return false }
    switch Order(message.bytes) {
    case .spawn(let number, let style)? where message.descriptors.count == 4:
      start(number, style, message.descriptors)
    case .socket?: give { () throws(Errno) in try Descriptor.streamSocket() }
    case .view?:
      give { () throws(Errno) in
        guard let view else { throw .noEntry }
        return try view.open(".", [.directory])
      }
    case .signal(let number?, let signal)?:
      guard let child = children.first(where: { $0.number == number }) else { break }
      // Failure does not matter: the group has ended, which the keeper hears anyway.
      try? Process.signal(child.group.map { -$0 } ?? child.process, signal)
    case .signal(nil, let signal)?:
      // Failure does not matter: there was nobody to hear it.
      try? Process.signal(-1, signal)
    default: break
    }
    return true
  }

  private mutating func start(_ number: ProcessNumber, _ style: Spawn.Style, _ given: [Int32]) {
    do {
      let command = try Command(
        number: number, style: style, payload: Descriptor(given[0]),
        streams: given[1...].map { Descriptor($0) }, keeper: keeper, limits: limits,
        files: files, service: service)
      let pipe = try Pipe()
      let (news, pen) = pipe.release()
      defer { _ = OwnedDescriptor(owning: pen) }
      let process = try Process.fork()
      if process == 0 { Process.end(command.run(telling: Descriptor(pen))) }
      children.append(
        Child(
          number: number, process: process, hasLeader: style.contains(.terminal), group: nil,
          news: Descriptor(news),
          deadline: command.spawn.timeout.map {
            (Timestamp.now.later(milliseconds: $0), SIGTERM)
          }))
    } catch { tell(.notStarted(number, .fork, error)) }
  }

  /// Hands the keeper something of the box's, which the keeper itself has no way to.
  private func give(_ open: () throws(Errno) -> OwnedDescriptor) {
    do throws(Errno) {
      let opened = try open()
      try keeper.send(Report.given(nil).bytes, descriptors: [opened.raw])
    } catch { tell(.given(error)) }
  }

  /// Ends what has used up its time, first kindly; answers how long to wait for the next.
  private mutating func endOverdue() -> Int32? {
    var next: Int64?
    for index in children.indices {
      guard let (when, signal) = children[index].deadline else { continue }
      var left = when.nanoseconds - Timestamp.now.nanoseconds
      if left <= 0 {
        if signal == SIGTERM { tell(.timedOut(children[index].number)) }
        let target = children[index].group.map { -$0 } ?? children[index].process
        // Failure does not matter: it has ended by itself.
        try? Process.signal(target, signal)
        try? Process.signal(target, SIGCONT)
        children[index].deadline = (Timestamp.now.later(milliseconds: 5000), SIGKILL)
        left = 5_000_000_000
      }
      next = min(next ?? .max, left)
    }
    return next.map { Int32(clamping: $0 / 1_000_000 + 1) }
  }

  private mutating func hearNews() {
    for index in children.indices { hearNews(of: index) }
  }

  /// Reads what a starting command has written so far.
  private mutating func hearNews(of index: Int) {
    guard let news = children[index].news else { return }
    var readable = PollSet()
    readable.add(news)
    // Failure does not matter: the same news is there at the next turn.
    guard (try? readable.wait(milliseconds: 0)) == true else { return }
    let bytes = (try? news.read(byteCount: 8)) ?? []
    let entry = children[index]
    if let record = Command.News(bytes) {
      switch record {
      case .process(let group):
        children[index].group = group
        return hearNews(of: index)
      case .failed(let step, let errno):
        // The process itself is reaped without a word: its command never was.
        tell(.notStarted(entry.number, step, errno))
        children.remove(at: index)
      }
    } else {
      tell(.started(entry.number))
      children[index].news = nil
    }
    _ = OwnedDescriptor(owning: news.raw)
  }

  private mutating func reap() throws(Errno) {
    while let (process, status) = try Process.wait() {
      guard let index = children.firstIndex(where: { $0.process == process }) else { continue }
      hearNews(of: index)
      // Gone when the news was that it never started.
      guard index < children.count, children[index].process == process else { continue }
      let child = children.remove(at: index)
      // A leader that ended by itself has told the command's status already.
      if child.hasLeader && status == 0 { continue }
      tell(.exited(child.number, status))
    }
  }

  private func tell(_ report: Report) {
    // Failure does not matter: a keeper that is gone ends this loop at the next order.
    try? keeper.send(report.bytes)
  }
}

extension Timestamp {
  /// So many milliseconds later, at most a century.
  fileprivate func later(milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: nanoseconds + min(milliseconds, 3_000_000_000_000) * 1_000_000)
  }
}
