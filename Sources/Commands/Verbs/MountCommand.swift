import Linux
import Sessions

/// `cowbox mount`: a session's view for programs outside any box.
enum MountCommand {
  static let verb = Verb(
    "mount", .work, "show a session's view to ordinary programs, without walls",
    operands: .any("[SOURCE] MOUNTPOINT"),
    options: [
      Option("foreground", short: "f", "stay until it is unmounted; SIGTERM unmounts"),
      Option("new", "begin another session, whatever there is"),
      Option("read-only", "refuse every change"),
      Option("through", "change SOURCE itself, at once, with an undo log"),
      Option("allow-other", "let other users see it, too"),
      Option("memory", "keep the content of a new session in memory only"),
      Option("memory-limit", value: "SIZE", "how much of it; what is more goes to the disk"),
      Option("max-size", value: "SIZE", "the most bytes that the session may hold"),
      Option("max-files", value: "N", "the most files that the session may hold"),
      Option("max-file-size", value: "SIZE", "the most bytes that one file may have"),
      Option("allow-ext", value: "EXT", repeats: true, "only files that end so may be made"),
      Option("deny", value: "PATH", repeats: true, "what may be neither seen nor made"),
      Option(
        "ambient", value: "SECONDS", "the pause in writing that ends a step, 5; 0: none does"),
    ],
    details: """
      SOURCE is shown copy-on-write at MOUNTPOINT: what programs change there lands in the session
      of SOURCE, for 'cowbox diff', 'apply' and 'discard'. Without SOURCE the project is shown.
      'cowbox umount MOUNTPOINT' ends it, as does SIGTERM. While it stands, status, diff, log, step,
      undo and snapshot work on it as on a session with commands. A service manager that set
      NOTIFY_SOCKET is told when it stands.

      With --memory what changes is kept in shared memory and never on the disk, up to half of what is
      free there or --memory-limit. It survives the end of the mount, for diff, apply and another
      mount, but no restart of the machine.

      With --through nothing is copied on write: what programs change at MOUNTPOINT is changed in
      SOURCE at once, after what was there was kept. 'cowbox undo' takes back step by step, mounted
      or not, after a crash as well; what somebody else has changed since stops it until --force.
      No session with commands, and no diff and apply, come of it.

          cowbox mount ~/src/project ~/view
          cowbox mount --through ~/notes ~/view
          cowbox mount . /mnt/view --foreground --allow-other
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let operands = invocation.operands
    guard let point = operands.last, operands.count <= 2 else {
      throw Failure.usage("'mount' needs a directory to mount at", hint: verb.usage)
    }
    let source = operands.count == 2 ? operands[0] : try invocation.project().path
    var view = try MountedView(source: source, point: point, home: invocation.home)
    view.allowsOthers = invocation.arguments.has("allow-other")
    view.isReadOnly = invocation.arguments.has("read-only")
    view.isLive = invocation.arguments.has("through")
    try limit(&view, invocation)
    view.willStart = { session in try Landing.recover(session, invocation) }
    var choice = SessionChoice.current
    if let name = try invocation.arguments.text("session") { choice = .named(name) }
    if invocation.arguments.has("new") { choice = .new }
    if invocation.arguments.has("memory") {
      view.memoryLimit = try invocation.arguments.text("memory-limit").map(size) ?? freeMemory()
      choice = .new
    }
    if !invocation.arguments.has("foreground") {
      return try view.serveInBackground(choice) { tell($0, source, point, invocation) }
    }
    try view.serve(choice) { tell($0, source, point, invocation) }
    return ExitCode.done
  }

  /// Half of what shared memory has free.
  private static func freeMemory() throws -> Int64 {
    let place = try attempt("look at", "/dev/shm") { () throws(Errno) in
      try Descriptor.currentDirectory.open("/dev/shm" as ByteString, [.path, .directory])
    }
    return try place.borrowed.freeSpace() / 2
  }

  private static func limit(_ view: inout MountedView, _ invocation: Invocation) throws {
    let arguments = invocation.arguments
    let limits = ["max-size", "max-files", "max-file-size", "allow-ext", "deny"]
    if view.isLive, let limit = limits.first(where: { arguments.has($0) }) {
      throw Failure.usage("'--through' knows no '--\(limit)'")
    }
    view.maximumSize = try arguments.text("max-size").map(size)
    view.maximumFiles = try arguments.text("max-files").map(count)
    view.maximumFileSize = try arguments.text("max-file-size").map(size)
    view.allowedExtensions = arguments.all("allow-ext").map {
      ByteString($0.bytes.drop { $0 == UInt8(ascii: ".") })
    }
    view.denied = arguments.all("deny")
    if let text = try arguments.text("ambient") {
      guard let seconds = Double(text), seconds >= 0, seconds <= 86_400 else {
        throw Failure.usage("'\(ByteString(text).printable)' is no number of seconds")
      }
      view.ambientPause = seconds == 0 ? nil : seconds
    }
  }

  private static func tell(
    _ name: SessionName, _ source: ByteString, _ point: ByteString, _ invocation: Invocation
  ) {
    invocation.say(
      "session \(name): '\(source.printable)' is shown at '\(point.printable)'")
  }

  private static func count(_ text: String) throws -> Int {
    guard let value = Int(text), value > 0 else {
      throw Failure.usage("'\(ByteString(text).printable)' is no number above 0")
    }
    return value
  }

  /// "4096", "100K", "20M", "1G".
  private static func size(_ text: String) throws -> Int64 {
    let units: [Character: Int64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
    let unit = text.last.flatMap { units[Character($0.uppercased())] }
    let number = Int64(unit == nil ? text[...] : text.dropLast())
    guard let number, number > 0, !number.multipliedReportingOverflow(by: unit ?? 1).overflow else {
      throw Failure.usage(
        "'\(ByteString(text).printable)' is no size", hint: "say 4096, 100K, 20M or 1G")
    }
    return number * (unit ?? 1)
  }
}
