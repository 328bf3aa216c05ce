import Harness
import Linux
import Testing

@testable import Commands

/// diff, apply and discard with the built program.
@Suite struct ReviewTests {
  private func started() throws -> Playground {
    let place = try Playground()
    try place.shell(
      "git init -q .; echo one > README.md; mkdir src; echo a > src/a; echo b > src/b")
    let script = "echo two >> README.md; rm src/a; echo new > added; mkdir d; mv src/b d/c"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    return place
  }

  @Test func `the diff is what git would say, and git applies it`() throws {
    let place = try started()
    let patch = try place.cowbox("diff").run()
    #expect(patch.status == 0)
    try place.shell("cp -a . ../copy")
    var apply = Command(
      ["git", "apply", "-"], in: place.path + "/copy", environment: Playground.environment)
    apply.input = patch.output
    #expect(try apply.run().status == 0)
    try place.shell(
      "cd ../copy; test -f d/c; test ! -e src/a; grep -q two README.md; test -f added")
    let names = try place.cowbox("diff", "--name-status").run().text
    #expect(names.contains("M\tREADME.md\n") && names.contains("A\tadded\n"), "\(names)")
    #expect(names.contains("D\tsrc/a\n"), "\(names)")
    #expect(try place.cowbox("diff", "--exit-code", "--stat").run().status == 1)
  }

  @Test func `apply makes the project what was seen inside`() throws {
    let place = try started()
    let seen = try place.cowbox(
      "run", "--", "sh", "-c", "find . -path ./.git -prune -o -print | sort; cat README.md d/c"
    ).run().text
    #expect(try place.cowbox("apply").run().status == 0)
    let now = try place.shell("find . -path ./.git -prune -o -print | sort; cat README.md d/c")
    #expect(now == seen)
    #expect(try place.cowbox("diff").run().text == "")
    let again = try place.cowbox("apply").run()
    #expect(again.status == 0)
    #expect(again.complaint.contains("nothing to apply"))
  }

  @Test func `revert makes the project what it was before the apply`() throws {
    let place = try started()
    let before = try place.shell("find . -path ./.git -prune -o -type f -exec md5sum {} +; ls -R")
    #expect(try place.cowbox("apply").run().status == 0)
    let ended = try place.cowbox("revert").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    let after = try place.shell("find . -path ./.git -prune -o -type f -exec md5sum {} +; ls -R")
    #expect(after == before)
    #expect(try place.cowbox("revert").run().status == 1)
  }

  @Test func `a conflict stops everything, and says what and where`() throws {
    let place = try started()
    try place.shell("echo host >> README.md")
    let before = try Playground.fingerprint(of: place.project)
    let ended = try place.cowbox("apply").run()
    #expect(ended.status == 3)
    #expect(ended.complaint.contains("README.md  modified  changed"), "\(ended.complaint)")
    #expect(try Playground.fingerprint(of: place.project) == before)
  }

  @Test func `apply takes only the diff that was reviewed`() throws {
    let place = try started()
    let id = String(try place.cowbox("diff", "--id").run().text.dropLast())
    #expect(try place.cowbox("run", "--", "touch", "later").run().status == 0)
    let refused = try place.cowbox("apply", "--diff", id).run()
    #expect(refused.status == 3)
    #expect(refused.complaint.contains("review it again"))
    let now = String(try place.cowbox("diff", "--id").run().text.dropLast())
    #expect(try place.cowbox("apply", "--diff", now).run().status == 0)
  }

  @Test func `discard leaves the project untouched and no session`() throws {
    let place = try started()
    let before = try Playground.fingerprint(of: place.project)
    #expect(try place.cowbox("discard").run().status == 0)
    #expect(try Playground.fingerprint(of: place.project) == before)
    #expect(try place.shell("ls -A '\(place.state)/sessions'") == "")
  }

  @Test func `a running session can be read, but neither applied nor discarded`() throws {
    let place = try Playground()
    let running = try place.cowbox(
      "run", "--", "sh", "-c", "echo x > made; echo ready; while [ ! -e stop ]; do sleep 0.02; done"
    ).start()
    #expect(try running.waitFor("ready"))
    #expect(try place.cowbox("diff", "--name-only").run().text == "made\n")
    for verb in ["apply", "discard"] {
      let refused = try place.cowbox(verb).run()
      #expect(refused.status == 1)
      #expect(refused.complaint.contains("is running"), "\(refused.complaint)")
    }
    let status = try place.cowbox("status", "--json").run().text
    #expect(status.contains("\"running\": true"), "\(status)")
    #expect(try place.cowbox("exec", "--", "touch", "stop").run().status == 0)
    #expect(try running.finish().status == 0)
  }

  @Test func `the summary counts what the run did, and a run that does nothing says nothing`()
    throws
  {
    let place = try Playground()
    let ended = try place.cowbox("run", "--", "sh", "-c", "echo 1 > a; echo 2 > b").run()
    #expect(ended.complaint.contains("2 files added, +2 -0 lines"), "\(ended.complaint)")
    let idle = try place.cowbox("run", "--", "cat", "a").run()
    #expect(!idle.complaint.contains("files added"), "\(idle.complaint)")
    #expect(try place.cowbox("-q", "run", "--", "touch", "c").run().complaint == "")
  }

  @Test func `the keeper killed at any moment: the command ends, and the session opens again`()
    throws
  {
    let place = try Playground()
    let running = try place.cowbox(
      "run", "--", "sh", "-c", "echo kept > file; sync file; echo ready; sleep 100"
    ).start()
    #expect(try running.waitFor("ready"))
    let keeper = try #require(try place.keeper())
    try Process.signal(keeper, 9)
    let ended = try running.finish()
    #expect(ended.status == 125)
    #expect(ended.complaint.contains("keeper ended before the command did"))
    try place.shell(
      "for i in $(seq 50); do grep -q '\(place.path)' /proc/mounts || exit 0; sleep 0.02; done; exit 1"
    )
    #expect(try place.cowbox("run", "--", "cat", "file").run().text == "kept\n")
  }
}
