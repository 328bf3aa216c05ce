import Harness
import Linux
import Testing

@testable import Commands

/// What cowbox answers to input that is wrong: the sentence, the hint and the exit code.
@Suite struct BadInputTests {
  @Test(arguments: [
    (["frobnicate"], 2, "unknown command 'frobnicate'"),
    (["rnu", "--", "true"], 2, "did you mean 'run'?"),
    (["list", "--jsn"], 2, "did you mean '--json'?"),
    (["run"], 2, "'run' needs a command"),
    (["run", "--"], 2, "'run' needs a command"),
    (["run", "--net", "sometimes", "--", "true"], 2, "it is one of off, host"),
    (["run", "--session", "nope", "--", "true"], 2, "there is no session 'nope'"),
    (["run", "--new", "--session", "x", "--", "true"], 2, "contradict each other"),
    (["log", "--session", "nope"], 2, "there is no session 'nope'"),
    (["log", "-n", "many"], 2, "is no number"),
    (["list", "extra"], 2, "'list' takes no 'extra'"),
    (["log"], 1, "there is no session for"),
    (["exec", "--", "true"], 125, "there is no session for"),
    (["-C", "/no/such/place", "list"], 2, "cannot use '/no/such/place' as a project"),
    (["--project", "/no/such", "run", "--", "true"], 2, "no such file or directory"),
    (["-C", "/", "run", "--", "true"], 2, "'/' can't be a project"),
    (["run", "--max-size", "big", "--", "true"], 2, "'big' is no size"),
    (
      ["run", "--profile", "defualt", "--", "true"], 2,
      "cowbox: there is no profile 'defualt'; did you mean 'default'?"
    ),
    (["profile", "show", "frobnicate"], 2, "'cowbox profile list' shows all"),
    (["completion"], 2, "'completion' needs a shell"),
    (["completion", "tcsh"], 2, "there is no completion for 'tcsh'"),
  ])
  func `wrong input is refused with the right words and code`(
    words: [String], status: Int32, sentence: String
  ) throws {
    let place = try Playground()
    var command = place.cowbox()
    command.words += words
    let ended = try command.run()
    #expect(ended.status == status, "\(ended.complaint)")
    #expect(ended.complaint.contains(sentence), "\(ended.complaint)")
    #expect(ended.text == "")
  }

  @Test func `what is not in a session is said with its name`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "touch", "new").run().status == 0)
    #expect(try place.cowbox("branch", "other").run().status == 0)
    let cases: [([String], Int32, String)] = [
      (["undo", "no where"], 1, "there is nothing to undo in 'no where'\n"),
      (["show", "nowhere"], 1, "there is no 'nowhere' in that state of the session"),
      (["branch", "other"], 2, "there is a session 'other' already\n"),
    ]
    for (words, status, sentence) in cases {
      var command = place.cowbox()
      command.words += words
      let ended = try command.run()
      #expect(ended.status == status)
      #expect(ended.complaint.contains(sentence), "\(ended.complaint)")
    }
  }

  @Test func `a project that vanished is said, and nothing is lost`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "touch", "kept").run().status == 0)
    try place.shell("mv '\(place.project)' '\(place.path)/elsewhere'")
    let name = try place.shellElsewhere("ls '\(place.state)/sessions'")
    var command = place.cowbox("run", "--session", name, "--project", place.path, "--", "true")
    command.directory = place.path
    let ended = try command.run()
    #expect(ended.status == 125, "\(ended.complaint)")
    #expect(ended.complaint.contains("cannot open '\(place.project)'"))
    try place.shellElsewhere("mv '\(place.path)/elsewhere' '\(place.project)'")
    #expect(try place.cowbox("run", "--", "ls").run().text == "kept\n")
  }

  @Test func `a damaged database is said, and left as it is`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "touch", "kept").run().status == 0)
    try place.shell("for f in \(place.state)/sessions/*/session.db; do echo nonsense > $f; done")
    for words in [["run", "--", "true"], ["log"]] {
      var command = place.cowbox()
      command.words += words
      let ended = try command.run()
      #expect(ended.status == (words[0] == "run" ? 125 : 1))
      #expect(ended.complaint.contains("database"), "\(ended.complaint)")
    }
    #expect(try place.shell("cat \(place.state)/sessions/*/session.db") == "nonsense\n")
    #expect(try place.cowbox("run", "--new", "--", "true").run().status == 0)
  }

  @Test func `a newer session is refused, not rewritten`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "touch", "kept").run().status == 0)
    try place.shell("sqlite3 \(place.state)/sessions/*/session.db 'PRAGMA user_version = 999'")
    let ended = try place.cowbox("run", "--", "true").run()
    #expect(ended.status == 125)
    #expect(ended.complaint.contains("format 999"), "\(ended.complaint)")
  }

  @Test func `a full standard output is an error`() throws {
    let place = try Playground()
    let ended = try Command(
      ["sh", "-c", "'\(Playground.binary)' help > /dev/full"], in: place.project,
      environment: Playground.environment
    ).run()
    #expect(ended.status == 1)
    #expect(ended.complaint.contains("cannot write to standard output: no space left on device"))
  }
}

extension Playground {
  @discardableResult
  fileprivate func shellElsewhere(_ script: String) throws -> String {
    let ended = try Command(
      ["sh", "-euc", script], in: path, environment: Self.environment
    ).run()
    return String(ended.text.drop { $0 == "\n" }.prefix { $0 != "\n" })
  }
}
