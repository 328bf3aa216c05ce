import Glibc
import Harness
import Linux
import Testing

/// What is shown of a session while its commands go on.
@Suite struct RunningDiffTests {
  @Test func `what rests in a running session is shown, without a word`() throws {
    let place = try Playground()
    let script = "echo x >calm; echo ready; sleep 60"
    let run = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try run.waitFor("ready"))
    let diff = try place.cowbox("diff").run()
    #expect(diff.status == 0 && diff.text.contains("+x\n") && diff.complaint == "")
    run.signal(SIGTERM)
    _ = try run.finish()
  }

  @Test func `what is written while it is read is named`() throws {
    let place = try Playground()
    let script = "echo x >calm; echo ready; while :; do echo y >>busy; done"
    let run = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try run.waitFor("ready"))
    let end = Timestamp.now.nanoseconds + 20_000_000_000
    var complaint = ""
    // The loop has to have begun.
    while !complaint.contains("'busy'"), Timestamp.now.nanoseconds < end {
      let diff = try place.cowbox("diff", "--stat").run()
      #expect(diff.status == 0 && diff.text.contains("calm"))
      complaint = diff.complaint
    }
    #expect(complaint.contains("'busy' changed while the session was read"))
    #expect(!complaint.contains("'calm'"))
    run.signal(SIGTERM)
    _ = try run.finish()
  }

  /// What is written to a file that stays open is the kernel's alone until it is asked for.
  private static let script = """
    exec 3<>lower; echo new >&3; echo ready; while [ ! -e stop ]; do sleep 0.02; done; cat lower
    """

  private func started(_ place: Playground) throws -> Running {
    try place.shell("echo old > lower")
    let run = try place.cowbox("run", "--", "sh", "-c", Self.script).start()
    #expect(try run.waitFor("ready"))
    return run
  }

  @Test func `what was written a moment before is shown and branched off`() throws {
    let place = try Playground()
    let run = try started(place)
    let diff = try place.cowbox("diff").run()
    #expect(diff.text.contains("-old\n+new\n"), "\(diff.text)\(diff.complaint)")
    #expect(try place.cowbox("branch", "side").run().status == 0)
    #expect(try place.cowbox("show", "lower", "-s", "side").run().text == "new\n")
    run.signal(SIGTERM)
    _ = try run.finish()
  }

  @Test func `what was written a moment before is undone, and does not come back`() throws {
    let place = try Playground()
    let run = try started(place)
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try place.cowbox("exec", "--", "touch", "stop").run().status == 0)
    #expect(try run.finish().text == "old\n")
    #expect(try place.cowbox("diff", "--name-only").run().text == "stop\n")
  }
}
