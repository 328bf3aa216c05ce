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
      Option("allow-other", "let other users see it, too"),
      Option("max-size", value: "SIZE", "the most bytes that the session may hold"),
      Option("max-files", value: "N", "the most files that the session may hold"),
    ],
    details: """
      SOURCE is shown copy-on-write at MOUNTPOINT: what programs change there lands in the session
      of SOURCE, for 'cowbox diff', 'apply' and 'discard'. Without SOURCE the project is shown.
      'fusermount3 -u MOUNTPOINT', or as root 'umount MOUNTPOINT', ends it.

          cowbox mount ~/src/project ~/view
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
    view.maximumSize = try invocation.arguments.text("max-size").map(size)
    view.maximumFiles = try invocation.arguments.text("max-files").map(count)
    var choice = SessionChoice.current
    if let name = try invocation.arguments.text("session") { choice = .named(name) }
    if invocation.arguments.has("new") { choice = .new }
    if !invocation.arguments.has("foreground") {
      return try view.serveInBackground(choice) { tell($0, source, point, invocation) }
    }
    try view.serve(choice) { tell($0, source, point, invocation) }
    return ExitCode.done
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
