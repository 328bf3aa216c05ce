import CowboxKit
import Harness
import Testing

/// CowboxKit on real sessions, from a program with threads.
@Suite struct CowboxKitTests {
  private static func open(_ place: Playground, isNew: Bool = false) async throws -> Session {
    var options = Session.Options(isNew: isNew)
    options.program = Playground.binary
    options.environment =
      Playground.environment.map { "\($0.key)=\($0.value)" } + ["COWBOX_STATE=\(place.state)"]
    return try await Session.open(place.project, options: options)
  }

  @Test func `a command is run, heard, fed and ended`() async throws {
    let place = try Playground()
    let session = try await Self.open(place)
    var command = CowboxKit.Command.shell("echo out; echo err >&2; cat; echo $NAME; exit 3")
    command.variables = ["NAME": "value"]
    let ended = try await session.run(command, input: Array("in\n".utf8))
    #expect(ended.ending.status == 3)
    #expect(ended.text == "out\nin\nvalue\n")
    #expect(ended.complaint == "err\n")
    let running = try await session.start(.shell("echo first; read line; echo \"$line\""))
    var heard: [String] = []
    for try await output in running {
      heard.append(String(decoding: output.bytes, as: UTF8.self))
      if heard.count == 1 { try await running.write(Array("second\n".utf8)) }
    }
    #expect(heard == ["first\n", "second\n"])
    var slow = CowboxKit.Command(["sleep", "60"])
    slow.timeout = 200
    #expect(try await session.run(slow).ending.timedOut)
  }

  @Test func `a cancelled task ends its command`() async throws {
    let place = try Playground()
    let session = try await Self.open(place)
    let task = Task { try await session.run(.shell("echo there; sleep 600")) }
    while try await session.status().commands.isEmpty { await Task.yield() }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    while try await !session.status().commands.isEmpty { await Task.yield() }
  }

  @Test func `errors have types`() async throws {
    let place = try Playground()
    let session = try await Self.open(place)
    await #expect(throws: CowboxError.self) { try await session.read("absent") }
    do { _ = try await session.read("absent") } catch let error as CowboxError {
      #expect(error.kind == .file(errno: 2))
      #expect(error.message.contains("absent"))
    }
    do { _ = try await session.run(CowboxKit.Command(["/no/such"])) } catch let error as CowboxError
    {
      #expect(error.kind == .notStarted(status: 127))
    }
    var options = Session.Options()
    options.program = "/no/such/cowbox"
    do { _ = try await Session.open(place.project, options: options) } catch let error
      as CowboxError
    {
      #expect(error.kind == .noProgram)
    }
    options.program = Playground.binary
    options.profile = "no-such-profile"
    do { _ = try await Session.open(place.project, options: options) } catch let error
      as CowboxError
    {
      #expect(error.message.contains("no-such-profile"))
    }
  }

  @Test func `files, steps and differences are values`() async throws {
    let place = try Playground()
    try place.shell("echo old > old.txt; mkdir dir; echo x > dir/x")
    let session = try await Self.open(place)
    try await session.write("new.txt", "hello\n", message: "the kit")
    try await session.edit("old.txt", replacing: "old", with: "new")
    try await session.rename("dir/x", to: "dir/y")
    #expect(try await session.read("new.txt") == Array("hello\n".utf8))
    #expect(try await session.list("dir").map(\.name) == ["y"])
    #expect(try await session.facts("dir").kind == .directory)
    #expect(try await session.files(matching: "*.txt") == ["new.txt", "old.txt"])
    #expect(try await session.log().contains { $0.message == "the kit" && $0.kind == "edit" })
    let difference = try await session.diff()
    #expect(difference.changes.map(\.path).sorted() == ["dir/y", "new.txt", "old.txt"])
    #expect(difference.changes.first { $0.path == "new.txt" }?.addedLines == 1)
    try await session.snapshot("three")
    try await session.remove("new.txt")
    try await session.undo()
    #expect(try await session.diff().id == difference.id)
    #expect(try await session.snapshots().map(\.name) == ["three"])
    try await session.apply(["new.txt"])
    #expect(try place.shell("cat new.txt old.txt") == "hello\nold\n")
    try await session.revert()
    #expect(try place.shell("ls") == "dir\nold.txt\n")
    await #expect(throws: CowboxError.self) { try await session.apply(diff: "00000000") }
    try await session.discardAll()
  }

  @Test func `several programs use one session at once`() async throws {
    let place = try Playground()
    let first = try await Self.open(place)
    try await first.write("shared", "one")
    let second = try await Self.open(place)
    #expect(try await first.name == second.name)
    #expect(try await second.read("shared") == Array("one".utf8))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        let session = number % 2 == 0 ? first : second
        group.addTask {
          try await session.write("many/\(number)", "\(number)")
          let read = try await session.read("many/\(number)")
          #expect(read == Array("\(number)".utf8))
        }
      }
      try await group.waitForAll()
    }
    #expect(try await first.list("many").count == 20)
    first.close()
    #expect(try await second.read("many/7") == Array("7".utf8))
  }

  @Test func `the example in the manual works`() async throws {
    let place = try Playground()
    let example = Playground.binary.split(separator: "/").dropLast().joined(separator: "/")
    let ended = try Harness.Command(
      ["/" + example + "/kit-example", Playground.binary], in: place.project,
      environment: Playground.environment.merging(["COWBOX_STATE": place.state]) { $1 }
    ).run()
    #expect(
      ended.text == "building\nadded result.txt\nchanges after undo: 0\n", "\(ended.complaint)")
  }
}
