import CLinux
import Glibc
import Linux

/// The front of one running command: its terminal or pipes, its signals, its end.
package final class Attendance {
  private let client: Client
  private let signals: SignalInput
  private var relay: TerminalRelay?
  private var process: Int64 = 0

  /// What is handed on to the command instead of ending the front.
  private static let forwarded = [
    SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH,
  ]

  /// Prepares for one command of the session that the client is connected to.
  package init(client: Client) throws {
    self.client = client
    signals = try attempt("watch for signals") { () throws(Errno) in
      try SignalInput(Self.forwarded)
    }
  }

  deinit { relay?.restore() }

  /// Runs the command and stays with it until it ends; with streams of its own, or else the front's.
  package func run(_ request: CommandRequest, streams: [Int32]? = nil) throws -> CommandReport {
    do { try start(request, streams) } catch let error as ProtocolError {
      throw SessionError(error)
    }
    defer {
      relay?.restore()
      relay = nil
    }
    while true {
      if let report = try step() {
        relay?.drain()
        return report
      }
    }
  }

  /// Starts the command on the user's terminal when both directions are one, else on the pipes.
  private func start(_ request: CommandRequest, _ streams: [Int32]?) throws {
    let (input, output) = (Descriptor.standardInput, Descriptor.standardOutput)
    guard streams == nil, input.isTerminal, output.isTerminal else {
      let own = try attempt("hand over input and output") { () throws(Errno) in
        try FrontStreams()
      }
      let params = Wire.params(of: request, terminal: nil, descriptors: 3)
      let answer = try client.call("spawn", params, descriptors: streams ?? own.descriptors)
      process = answer.result["process"]?.int ?? 0
      return
    }
    let error = Descriptor.standardError.isTerminal ? [] : [Int32(2)]
    let size = try attempt("ask the terminal for its size") { () throws(Errno) in
      try output.windowSize()
    }
    let params = Wire.params(of: request, terminal: size, descriptors: error.count)
    let answer = try client.call("spawn", params, descriptors: error)
    process = answer.result["process"]?.int ?? 0
    guard let raw = answer.descriptors.first else { throw Client.ended }
    relay = try attempt("take the terminal") { () throws(Errno) in
      try TerminalRelay(input: input, output: output, command: OwnedDescriptor(owning: raw))
    }
  }

  /// Waits for something and does it; the report once the command has ended.
  private func step() throws -> CommandReport? {
    if let report = try heard() { return report }
    var set = PollSet()
    let keeperPlace = set.add(client.channel.socket.borrowed)
    let signalPlace = set.add(signals.descriptor.borrowed)
    relay?.prepare(&set)
    _ = try attempt("wait for the command") { () throws(Errno) in try set.wait() }
    relay?.advance(set)
    if !set.events(at: signalPlace).isEmpty { forwardSignals() }
    if !set.events(at: keeperPlace).isEmpty, try !client.receive() {
      if let report = try heard() { return report }
      relay?.drain()
      throw SessionError(
        "the session's keeper ended before the command did",
        hint: "what the command had written is in the session; 'cowbox diff' shows it")
    }
    return nil
  }

  /// What the keeper has said of the command; the report once it has ended.
  private func heard() throws -> CommandReport? {
    while let (method, params) = try client.nextNotification() {
      guard params["process"]?.int == process else { continue }
      if method == "exited", let report = Wire.report(from: params) { return report }
      if method == "stopped" { stopHere() }
    }
    return nil
  }

  private func forwardSignals() {
    // A descriptor that can't be read has no signal for us.
    while let signal = try? signals.next() {
      switch signal {
      case SIGWINCH: relay?.resize()
      case SIGCONT:
        relay?.resume()
        send(SIGCONT)
      case SIGTSTP:
        send(SIGTSTP)
        stopHere()
      default: send(signal)
      }
    }
  }

  private func send(_ signal: Int32) {
    client.post("signal", ["process": .int(process), "signal": .int(Int64(signal))])
  }

  /// Stops as the command did, so that the user's shell takes over; SIGCONT goes on from here.
  private func stopHere() {
    relay?.restore()
    raise(SIGSTOP)
  }
}
