import Harness
import Testing

/// undo of paths, steps that close by themselves, fixed times, and where one stands.
@Suite struct UndoPathTests {
  private func started(_ scripts: String...) throws -> Playground {
    let place = try Playground()
    try place.shell("mkdir -p d/e; echo x > d/e/x; echo y > y; echo z > z")
    for script in scripts {
      let ended = try place.cowbox("run", "--", "sh", "-euc", script).run()
      #expect(ended.status == 0, "\(ended.complaint)")
    }
    return place
  }

  private func seen(_ place: Playground, _ script: String) throws -> String {
    try place.cowbox("-q", "run", "--", "sh", "-euc", script).run().text
  }

  private func undo(_ place: Playground, _ words: String...) throws {
    var command = place.cowbox("undo")
    command.words += words
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.complaint)")
  }

  @Test func `paths go back by themselves, and the rest stays`() throws {
    let place = try started("echo 1 > y; echo 1 > z", "echo 2 > y; rm -r d", "echo 3 > z; mv y w")
    try undo(place, "d")
    #expect(try seen(place, "cat d/e/x z w") == "x\n3\n2\n")
    try undo(place, "z", "--to", "1")
    #expect(try seen(place, "cat z w") == "z\n2\n")
    // One name of a renamed file takes the other along.
    try undo(place, "y")
    #expect(try seen(place, "cat y; ls") == "2\nd\ny\nz\n")
    try undo(place)
    #expect(try seen(place, "cat w; ls") == "2\nd\nw\nz\n")
    #expect(try place.cowbox("undo", "nothing").run().status == 1)
    #expect(try place.cowbox("fsck").run().status == 0)
  }

  @Test func `a path below what is gone asks for its directory as well`() throws {
    let place = try started("echo 1 > d/e/x", "rm -r d")
    let ended = try place.cowbox("undo", "d/e/x").run()
    #expect(ended.status == 1 && ended.complaint.contains("'d' is no longer the directory"))
    try undo(place, "d")
    #expect(try seen(place, "cat d/e/x") == "1\n")
    try undo(place, "d/e/x")
    #expect(try seen(place, "cat d/e/x") == "x\n")
    #expect(try place.cowbox("diff").run().text == "")
  }

  @Test func `paths go back under a command that runs`() throws {
    let place = try started("echo 1 > y", "echo 2 > y; echo 2 > z")
    let script = "cat y z; echo ready; while [ ! -e stop ]; do sleep 0.02; done; cat y z"
    let running = try place.cowbox("run", "--", "sh", "-c", script).start()
    #expect(try running.waitFor("ready"))
    try undo(place, "y")
    #expect(try place.cowbox("exec", "--", "touch", "stop").run().status == 0)
    #expect(try running.finish().text == "1\n2\n")
  }

  @Test func `redo follows undo also past boundaries and lines that were left`() throws {
    let place = try started("echo 1 > y")
    #expect(try place.cowbox("step", "-m", "by hand").run().status == 0)
    #expect(try place.cowbox("run", "--", "sh", "-c", "echo 2 > y").run().status == 0)
    try undo(place, "--to", "3")
    #expect(try seen(place, "cat y") == "1\n")
    #expect(try place.cowbox("redo").run().status == 0)
    #expect(try seen(place, "cat y") == "2\n")
    try undo(place, "2")
    #expect(try seen(place, "cat y") == "y\n")
    #expect(try place.cowbox("redo", "2").run().status == 0)
    #expect(try seen(place, "cat y") == "2\n")
  }

  @Test func `a pause in writing closes a step, and the command goes on`() throws {
    let place = try Playground()
    let script = """
      echo 1 > one; while [ "$(cat go 2>/dev/null)" != 1 ]; do sleep 0.05; done; echo 2 > two
      """
    let running = try place.cowbox("run", "--ambient", "0.2", "--", "sh", "-c", script).start()
    var log = ""
    for _ in 0..<200 where !log.contains("after a pause") {
      log = try place.cowbox("log", "--all").run().text
    }
    #expect(log.contains("after a pause"), "\(log)")
    #expect(try place.cowbox("exec", "--", "sh", "-c", "echo 1 > go").run().status == 0)
    #expect(try running.finish().status == 0)
    #expect(
      try place.cowbox("diff", "--name-only", "--from", "1", "--to", "2").run().text == "one\n")
  }

  @Test func `a clock gives everything the same time, run after run`() throws {
    let place = try Playground()
    for name in ["one", "two"] {
      let ended = try place.cowbox(
        "run", "--new", "--clock", "1000000000", "--", "sh", "-c",
        "mkdir d; echo x > d/x; sleep 0.1"
      ).run()
      #expect(ended.status == 0, "\(ended.complaint)")
      #expect(try seen(place, "stat -c %Y d d/x") == "1000000000\n1000000000\n")
      let export = try place.cowbox("export", "--format", "tar", "../\(name)").run()
      #expect(export.status == 0, "\(export.complaint)")
    }
    try place.shell("cmp ../one ../two")
  }

  @Test func `status says what changed, what drifted, how it came about and what to type`() throws {
    let place = try started("echo 1 > y; echo new > new")
    try place.shell("echo host >> y")
    for words in [["status"], []] {
      var command = place.cowbox()
      command.words += words
      let text = try command.run().text
      #expect(text.contains("changed  1 file added, 1 changed"), "\(text)")
      #expect(text.contains("drifted  'y' was changed"), "\(text)")
      #expect(text.contains("came by  step 2 run sh -euc"), "\(text)")
      #expect(text.contains("next     "), "\(text)")
    }
    #expect(try place.cowbox("status", "--json").run().text.contains("\"drifted\": [\n"))
    let other = try Playground()
    #expect(try other.cowbox().run().text.contains("cowbox run -- npm test"))
  }

  @Test func `what drifts outside of the project stands in no way of an apply`() throws {
    let place = try Playground()
    let home = ["HOME": place.path + "/home"]
    try place.shell("mkdir ../home; echo a > ../home/file")
    let script = "echo mine > ../home/file; echo new > new"
    #expect(try place.cowbox("run", "--", "sh", "-c", script, environment: home).run().status == 0)
    try place.shell("echo theirs > ../home/file")
    let text = try place.cowbox("status", environment: home).run().text
    #expect(text.contains("'file' was changed in '\(place.path)/home' as well"), "\(text)")
    #expect(text.contains("'cowbox apply' takes it"), "\(text)")
  }
}
