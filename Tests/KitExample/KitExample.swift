import CowboxKit

/// What a program that embeds cowbox looks like: it lets something change a project, and looks first.
@main struct KitExample {
  static func main() async {
    do {
      let words = CommandLine.arguments
      guard words.count >= 2 else { return print("usage: kit-example PROGRAM [DIRECTORY]") }
      try await run(program: words[1], directory: words.count > 2 ? words[2] : ".")
    } catch {
      print("kit-example: \(error)")
    }
  }

  static func run(program: String, directory: String) async throws {
    var options = Session.Options(isNew: true)
    options.program = program
    let session = try await Session.open(directory, options: options)
    let running = try await session.start(.shell("echo building; echo built > result.txt"))
    for try await output in running {
      print(String(decoding: output.bytes, as: UTF8.self), terminator: "")
    }
    for change in try await session.diff().changes { print(change.kind, change.path) }
    try await session.undo()
    print("changes after undo:", try await session.diff().changes.count)
    try await session.discardAll()
  }
}
