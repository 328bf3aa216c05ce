import Harness
import Testing

/// Cowbox's own state inside a project, as where a home directory is one.
@Suite struct StateInProjectTests {
  private static func inside(_ place: Playground) -> [String: String] {
    ["COWBOX_STATE": place.project + "/var/state"]
  }

  @Test func `a command sees nothing of it, and what it does at its place harms nobody`() throws {
    let place = try Playground()
    let own = Self.inside(place)
    try place.shell("echo old > a; mkdir var; echo f > var/f")
    let script = """
      ls -A var; mkdir -p var/state/sessions; echo x > var/state/sessions/x; rm -r var/state
      mkdir var/state; mv var/state taken; rmdir taken; rm var/f; echo new > a
      """
    let ended = try place.cowbox("run", "--", "sh", "-euc", script, environment: own).run()
    #expect(ended.status == 0 && ended.text == "f\n", "\(ended)")
    let changes = try place.cowbox("diff", "--name-status", environment: own).run()
    #expect(changes.text == "D\tvar/f\nM\ta\n", "\(changes.text)")
    let applied = try place.cowbox("apply", environment: own).run()
    #expect(applied.status == 0, "\(applied.complaint)")
    #expect(try place.shell("cat a; ls var") == "new\nstate\n")
    #expect(try place.cowbox("undo", environment: own).run().status == 0)
  }

  @Test func `a mount shows nothing of it, and takes nothing of it away`() throws {
    let place = try Playground()
    let own = Self.inside(place)
    try place.shell("mkdir ../view; echo old > a; mkdir var; echo f > var/f")
    let view = place.path + "/view"
    let mounted = try place.cowbox("mount", place.project, view, environment: own).run()
    try #require(mounted.status == 0, "\(mounted.complaint)")
    #expect(
      try place.shell("find ../view | sort | tail -n +2")
        == "../view/a\n../view/var\n../view/var/f\n")
    try place.shell("mkdir ../view/var/state; rmdir ../view/var/state; rm ../view/a ../view/var/f")
    // As of any directory in which something is that isn't shown.
    #expect(try place.shell("rmdir ../view/var 2>&1 || true").contains("not empty"))
    #expect(try place.cowbox("umount", view, environment: own).run().status == 0)
    let changes = try place.cowbox("diff", "--name-status", environment: own).run()
    #expect(changes.text == "D\ta\nD\tvar/f\n", "\(changes.text)")
    #expect(try place.cowbox("apply", environment: own).run().status == 0)
    #expect(try place.shell("ls . var") == ".:\nvar\n\nvar:\nstate\n")
  }

  @Test func `what a session puts there never lands`() throws {
    let place = try Playground()
    let own = Self.inside(place)
    try place.shell("echo old > a")
    let script = "mkdir -p var/state; echo planted > var/state/trusted; echo new > a"
    try #require(
      try place.cowbox("run", "--", "sh", "-c", script, environment: own).run().status == 0)
    let refused = try place.cowbox("apply", environment: own).run()
    #expect(refused.status == 3)
    #expect(refused.complaint.contains("where cowbox keeps its sessions"), "\(refused.complaint)")
    #expect(try place.shell("cat a; ls var/state") == "old\nsessions\n")
    #expect(try place.cowbox("apply", "a", environment: own).run().status == 0)
    #expect(try place.shell("cat a") == "new\n")
  }

  @Test func `a directory that holds it is not moved away by an apply`() throws {
    let place = try Playground()
    let own = Self.inside(place)
    try place.shell("mkdir var; echo f > var/f")
    try #require(
      try place.cowbox("run", "--", "mv", "var", "moved", environment: own).run().status == 0)
    let refused = try place.cowbox("apply", environment: own).run()
    #expect(refused.status == 3 && refused.complaint.contains("keeps its sessions"), "\(refused)")
    #expect(try place.shell("ls") == "var\n")
  }

  @Test func `a live directory that would log its own log is refused`() throws {
    let place = try Playground()
    try place.shell("mkdir ../view")
    let refused = try place.cowbox(
      "mount", "--through", place.project, place.path + "/view", environment: Self.inside(place)
    ).run()
    #expect(refused.status == 1, "\(refused.complaint)")
    #expect(refused.complaint.contains("set COWBOX_STATE to a directory outside of it"))
    #expect(try place.shell("ls -A ../view") == "")
  }

  @Test(arguments: [".", "below"])
  func `a project that is or lies in it is refused`(path: String) throws {
    let place = try Playground()
    try place.shell("mkdir below")
    let own = ["COWBOX_STATE": place.project]
    for words in [["run", "--", "true"], ["mount", ".", place.path + "/view"]] {
      var command = place.cowbox("-C", path, environment: own)
      try place.shell("mkdir -p ../view")
      command.words += words
      let refused = try command.run()
      #expect(refused.status == (words[0] == "run" ? 2 : 1), "\(refused.complaint)")
      #expect(refused.complaint.contains("where cowbox keeps its sessions"), "\(refused.complaint)")
    }
    #expect(try place.shell("ls -A sessions") == "")
  }
}
