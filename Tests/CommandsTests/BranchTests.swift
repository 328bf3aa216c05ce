import Glibc
import Harness
import Testing

/// What a branch begins with, whatever its session is doing, with the built program.
@Suite struct BranchTests {
  private func content(_ session: String, _ path: String, _ place: Playground) throws -> String {
    let ended = try place.cowbox("show", path, "-s", session).run()
    return ended.status == 0 ? ended.text : "nothing: \(ended.complaint)"
  }

  @Test func `a branch of a running session has what was written a moment before`() throws {
    let place = try Playground()
    try place.shell("echo old > lower")
    let script = "echo new > own; echo changed > lower; echo ready; exec sleep 60"
    let run = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try run.waitFor("ready"))
    #expect(try place.cowbox("branch", "side").run().status == 0)
    #expect(try content("side", "own", place) == "new\n")
    #expect(try content("side", "lower", place) == "changed\n")
    run.signal(SIGTERM)
    _ = try run.finish()
    #expect(try content("side", "own", place) == "new\n")
  }

  @Test func `a branch after the keeper was killed has all that reached the journal`() throws {
    let place = try Playground()
    let script = "echo kept > kept; sync kept; echo ready; exec sleep 60"
    let run = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try run.waitFor("ready"))
    kill(try #require(try place.keeper()), SIGKILL)
    _ = try run.finish()
    #expect(try place.cowbox("branch", "side").run().status == 0)
    #expect(try content("side", "kept", place) == "kept\n")
  }

  /// More files than are linked one by one.
  private func large() throws -> Playground {
    let place = try Playground()
    try place.shell("mkdir d; seq 50 | while read i; do echo lower > d/$i; done")
    let script = """
      for i in $(seq 200); do echo $i > file$i; done; for i in $(seq 50); do echo more >> d/$i; done
      """
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    #expect(try place.cowbox("rename", "main").run().status == 0)
    return place
  }

  private func check(_ session: String, _ place: Playground) throws {
    let script = """
      for i in $(seq 200); do [ "$(cat file$i)" = $i ]; done
      for i in $(seq 50); do [ "$(cat d/$i)" = 'lower
      more' ]; done
      """
    let ended = try place.cowbox("run", "--in", session, "--", "sh", "-euc", script).run()
    #expect(ended.status == 0, "\(session): \(ended.complaint)")
    #expect(try place.cowbox("fsck", session).run().status == 0)
  }

  @Test func `many files are there in both, and what one does the other does not see`() throws {
    let place = try large()
    #expect(try place.cowbox("branch", "side", "-s", "main").run().status == 0)
    #expect(try place.shell("ls ../state/sessions/main/objects | wc -l") == "0\n")
    try check("main", place)
    try check("side", place)
    let changes = "echo x >> file1; rm file2; truncate -s 1 file3; echo y > d/1; mv file4 moved"
    let ended = try place.cowbox("run", "--in", "side", "--", "sh", "-euc", changes).run()
    #expect(ended.status == 0, "\(ended.complaint)")
    try check("main", place)
    #expect(try place.cowbox("undo", "-s", "side").run().status == 0)
    try check("side", place)
    #expect(try place.cowbox("branch", "third", "-s", "side").run().status == 0)
    try check("third", place)
  }

  @Test func `the session may go, be applied or renamed, and its branch stays whole`() throws {
    let place = try large()
    for name in ["side", "twin"] {
      #expect(try place.cowbox("branch", name, "-s", "main").run().status == 0)
    }
    #expect(try place.cowbox("rename", "main", "former").run().status == 0)
    #expect(try place.cowbox("apply", "-s", "twin").run().status == 0)
    #expect(try place.shell("cat file200 d/50") == "200\nlower\nmore\n")
    #expect(try place.cowbox("revert", "-s", "twin").run().status == 0)
    #expect(try place.cowbox("rm", "--abandon", "former", "twin").run().status == 0)
    #expect(try place.cowbox("gc").run().status == 0)
    try check("side", place)
    #expect(try place.cowbox("export", "side", "../archive").run().status == 0)
    #expect(try place.cowbox("rm", "--abandon", "side").run().status == 0)
    #expect(try place.shell("ls -A ../state/sessions/.shared") == "")
    #expect(try place.cowbox("import", "../archive", "back").run().status == 0)
    try check("back", place)
  }
}
