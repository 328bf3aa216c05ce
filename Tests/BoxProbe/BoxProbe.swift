import Glibc
import Linux
import Sandbox

/// Runs one command in a box without the overlay, for the tests of the walls.
///
/// usage: box-probe [--option value]... -- command...
@main struct BoxProbe {
  static func main() {
    do { exit(try run()) } catch {
      let remedy = (error as? LaunchError)?.remedy.map { "\n\($0)" } ?? ""
      // Failure does not matter: there is nowhere else to tell it.
      try? Descriptor.standardError.write(Array("box-probe: \(error)\(remedy)\n".utf8))
      exit((error as? SpawnError)?.exitCode ?? 125)
    }
  }

  private static func run() throws -> Int32 {
    var options = ProbeOptions()
    try options.parse(CommandLine.arguments.dropFirst())
    try options.usePlanOfProfile()
    let box = try Box.launch(options.plan, deviceCount: options.deviceCount)
    let devices = box.takeDevices().map { Descriptor($0) }
    if let first = devices.first {
      for device in devices.dropFirst() { try device.joinFuse(of: first) }
    }
    try box.build()
    if options.terminal { return try runInTerminal(box, options) }
    let number = try box.spawn(
      options.spawn, streams: [.standardInput, .standardOutput, .standardError])
    let status = try wait(for: number, in: box)
    for refusal in options.tellsRefusals ? box.refusals : [] {
      let line = "refused \(refusal.what) \(refusal.count)\n"
      try Descriptor.standardOutput.write(Array(line.utf8))
    }
    return status
  }

  private static func runInTerminal(_ box: Box, _ options: ProbeOptions) throws -> Int32 {
    let (master, peer) = try box.openTerminal().release()
    var spawn = options.spawn
    spawn.style = .terminal
    let number = try box.spawn(
      spawn, streams: [Descriptor(peer), Descriptor(peer), Descriptor(peer)])
    _ = OwnedDescriptor(owning: peer)
    let status = try relay(number, box, Descriptor(master))
    return status
  }

  private static func relay(_ number: ProcessNumber, _ box: Box, _ master: Descriptor) throws
    -> Int32
  {
    var status: Int32?
    while true {
      var waiting = PollSet()
      waiting.add(master)
      waiting.add(box.eventDescriptor)
      waiting.add(.standardInput)
      _ = try waiting.wait()
      if !waiting.events(at: 0).isEmpty {
        // EIO: the other side is closed, as at the end of a file.
        let bytes = (try? master.read(byteCount: 4096)) ?? []
        if bytes.isEmpty, let status { return status }
        try Descriptor.standardOutput.write(bytes)
      }
      if waiting.events(at: 2).contains(.readable) {
        try master.write(try Descriptor.standardInput.read(byteCount: 4096))
      }
      while let event = try box.nextEvent() {
        switch event {
        case .exited(number, let ended): status = WaitStatus.exitCode(ended)
        case .stopped(number):
          try Descriptor.standardOutput.write(Array("STOPPED\n".utf8))
          try box.signal(number, SIGCONT)
        case .ended: return status ?? 125
        default: break
        }
      }
      if let status, waiting.events(at: 0).isEmpty { return status }
    }
  }

  private static func wait(for number: ProcessNumber, in box: Box) throws -> Int32 {
    while true {
      var ready = PollSet()
      ready.add(box.eventDescriptor)
      _ = try ready.wait()
      while let event = try box.nextEvent() {
        if case .exited(number, let status) = event { return WaitStatus.exitCode(status) }
        if event == .ended { return 125 }
      }
    }
  }
}
