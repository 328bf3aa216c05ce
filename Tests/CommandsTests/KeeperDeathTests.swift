import Glibc
import Harness
import Linux
import Testing

/// What is left when a keeper is killed in the middle of a run.
@Suite struct KeeperDeathTests {
  @Test func `what was written a moment before the keeper was killed is kept without fsync`() throws
  {
    let place = try Playground()
    let script = "echo kept > kept.txt; mkdir d; mv kept.txt d/; echo ready; exec sleep 60"
    let run = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try run.waitFor("ready"))
    let question = """
      for i in $(seq 500); do
        n=$(sqlite3 -readonly '\(place.state)'/sessions/*/session.db \
          "SELECT count(*) FROM entry WHERE to_step IS NULL AND cast(name AS text) = 'kept.txt' \
          AND node > 0")
        [ "$n" = 1 ] && echo written && break
      done
      """
    #expect(try place.shell(question) == "written\n")
    let process = try #require(try place.keeper())
    kill(process, SIGKILL)
    #expect(try run.finish().status == 125)
    let again = try place.cowbox("run", "--", "cat", "d/kept.txt").run()
    #expect(again.text == "kept\n", "\(again.complaint)")
  }
}
