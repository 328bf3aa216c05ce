import Linux
import Sessions

/// One use of a command: what was said, from where, and where the answer goes.
struct Invocation {
  let verb: Verb
  let arguments: Arguments
  let output: Output
  let messages: Style

  init(verb: Verb, arguments: Arguments) throws {
    self.verb = verb
    self.arguments = arguments
    let choice = arguments.has("no-color") ? "never" : try arguments.text("color")
    output = Output(.standardOutput, style: .forDescriptor(.standardOutput, choice: choice))
    messages = .forDescriptor(.standardError, choice: choice)
  }

  var operands: [ByteString] { arguments.operands }
  var isQuiet: Bool { arguments.has("quiet") }
  var isVerbose: Bool { arguments.has("verbose") }
  var wantsJSON: Bool { arguments.has("json") }

  /// Lets the user's pager show what comes, unless '--no-pager' says otherwise.
  func page() throws {
    if !arguments.has(Pager.option.name) { try output.page() }
  }

  /// Says a line on standard error, unless quiet.
  func say(_ text: String) {
    guard !isQuiet else { return }
    tell("cowbox: \(text)\n")
  }

  /// Writes text to standard error as it stands.
  func tell(_ text: String) {
    // Nobody is left to hear that standard error can't be written.
    try? Descriptor.standardError.write(Array(text.utf8))
  }

  /// The home directory of the user, without symlinks.
  var home: ByteString? {
    guard let home = Process.variable("HOME") ?? Process.homeFromUserDatabase() else { return nil }
    // A home that does not exist is none.
    return try? Process.canonical(home)
  }

  /// The project that the command line or the current directory says.
  func project() throws -> Project {
    let here: ByteString
    do throws(Errno) { here = try Process.currentDirectory() } catch {
      throw Failure.usage(
        "cannot find the current directory: \(error)", hint: "it may be gone; go to one that exists"
      )
    }
    let start = arguments.bytes("directory") ?? here
    if let named = arguments.bytes("project") { return try Project.named(named, from: start) }
    return try Project.find(from: start)
  }
}
