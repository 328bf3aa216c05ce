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
}
