import Glibc
import Harness
import Linux
import Testing

/// `cowbox mount` and `umount`, with the built program.
@Suite struct MountTests {
  /// A project that is shown at `view` beside it; unmounted when the body ends, however it does.
  static func mounted(
    _ options: String..., body: (Playground, String) throws -> Void
  ) throws {
    let place = try Playground()
    let view = place.path + "/view"
    try place.shell("mkdir ../view; mkdir d; echo old > a; echo inner > d/b")
    var command = place.cowbox("mount")
    command.words += options + [place.project, view]
    let ended = try command.run()
    try #require(ended.status == 0, "\(ended.complaint)")
    defer {
      // Failure does not matter: a test may have ended it itself.
      _ = try? place.cowbox("-q", "umount", view).run()
    }
    try body(place, view)
  }

  @Test func `a mount shows the project, keeps what is written, and leaves it untouched`() throws {
    try Self.mounted { place, view in
      #expect(try place.shell("cat ../view/d/b") == "inner\n")
      try place.shell("echo new > ../view/a; mv ../view/d ../view/e; rm ../view/e/b")
      #expect(try place.shell("cat a d/b") == "old\ninner\n")
      #expect(try place.cowbox("diff", "--name-status").run().text.contains("a"))
      #expect(try place.cowbox("umount", view).run().status == 0)
      #expect(try place.shell("ls ../view | wc -l") == "0\n")
      #expect(try place.cowbox("apply").run().status == 0)
      #expect(try place.shell("cat a; ls") == "new\na\ne\n")
    }
  }

  @Test func `undo, step and snapshot work on a mounted session`() throws {
    try Self.mounted("--ambient", "0") { place, _ in
      for word in ["one", "two", "three"] {
        try place.shell("echo \(word) > ../view/a")
        #expect(try place.cowbox("step", "-m", word).run().status == 0)
      }
      #expect(try place.cowbox("snapshot", "now").run().status == 0)
      let undone = try place.cowbox("undo", "--to", "2").run()
      #expect(undone.status == 0, "\(undone.complaint)")
      #expect(try place.shell("cat ../view/a") == "one\n")
      #expect(try place.cowbox("restore", "now").run().status == 0)
      #expect(try place.shell("cat ../view/a") == "three\n")
      #expect(try place.cowbox("log").run().text.contains("two"))
    }
  }

  @Test func `content stays in memory up to the limit, what is more goes to the disk`() throws {
    try Self.mounted("--memory", "--memory-limit", "1M") { place, view in
      defer {
        // What is in memory goes with the session, which nothing else removes.
        _ = try? place.shell("cd '\(place.state)'/sessions; echo *").split(separator: "\n").map {
          try place.cowbox("rm", "--abandon", String($0)).run()
        }
      }
      try place.shell("head -c 300K /dev/urandom > ../kept; cp ../kept ../view; sync ../view/kept")
      try place.shell("test -z \"$(find '\(place.state)'/sessions/*/spilled -type f)\"")
      try place.shell("head -c 3M /dev/urandom > ../big; cp ../big ../view; sync ../view/big")
      try place.shell("test -n \"$(find '\(place.state)'/sessions/*/spilled -type f)\"")
      try place.shell("cmp ../big ../view/big && cmp ../kept ../view/kept")
      #expect(try place.cowbox("umount", view).run().status == 0)
      #expect(try place.cowbox("apply", "big", "kept").run().status == 0)
      try place.shell("cmp ../big big && cmp ../kept kept")
    }
  }

  @Test func `a pause in writing ends a step by itself`() throws {
    try Self.mounted("--ambient", "0.2") { place, _ in
      try place.shell("echo one > ../view/a")
      let steps = "'\(place.state)'/sessions/*/session.db 'SELECT count(*) FROM step'"
      func waitFor(_ count: Int) throws {
        try place.shell(
          """
          for i in $(seq 200); do
            n=$(sqlite3 -readonly \(steps)); [ $n = \(count) ] && exit 0; sleep 0.05
          done; exit 1
          """)
      }
      try waitFor(3)
      try place.shell("echo two > ../view/a")
      try waitFor(4)
      #expect(try place.cowbox("undo").run().status == 0)
      #expect(try place.shell("cat ../view/a") == "one\n")
    }
  }

  @Test func `what is denied is neither seen nor made, and limits hold`() throws {
    try Self.mounted(
      "--deny", "d", "--allow-ext", "txt", "--allow-ext", ".md", "--max-file-size", "64K"
    ) { place, _ in
      #expect(try place.shell("ls ../view") == "a\n")
      #expect(try place.shell("cat ../view/d/b 2>&1 || true").contains("Permission denied"))
      #expect(try place.shell("mkdir ../view/d 2>&1 || true").contains("Permission denied"))
      #expect(try place.shell("touch ../view/x.c 2>&1 || true").contains("not permitted"))
      try place.shell("touch ../view/x.txt ../view/y.md; mkdir ../view/dir")
      #expect(try place.shell("mv ../view/x.txt ../view/x.c 2>&1 || true").contains("permitted"))
      let large = "head -c 100000 /dev/zero > ../view/x.txt"
      #expect(try place.shell("(\(large)) 2>&1 || true").contains("File too large"))
      try place.shell("head -c 65536 /dev/zero > ../view/y.md")
    }
  }

  @Test func `a read-only mount refuses every change`() throws {
    try Self.mounted("--read-only") { place, _ in
      let refused = try place.shell("touch ../view/x 2>&1 || true")
      #expect(refused.contains("Read-only"))
      #expect(try place.shell("cat ../view/a") == "old\n")
    }
  }

  @Test func `SIGTERM ends a mount that somebody stands in, and loses nothing`() throws {
    let place = try Playground()
    try place.shell("mkdir ../view")
    let notify = place.path + "/notify"
    let listen = """
      socat -u UNIX-RECV:'\(notify)' STDOUT
      """
    let manager = try? Command(
      ["sh", "-c", listen], in: place.path, environment: Playground.environment
    ).start()
    let mount = try place.cowbox(
      "mount", "--foreground", place.project, place.path + "/view",
      environment: ["NOTIFY_SOCKET": notify]
    ).start()
    let isThere = "grep -q '\(place.path)/view' /proc/mounts"
    try place.shell("for i in $(seq 200); do \(isThere) && exit 0; sleep 0.05; done; exit 1")
    let writer = try Command(
      ["sh", "-c", "exec 3> f; echo kept >&3; echo ready; exec sleep 60"],
      in: place.path + "/view", environment: Playground.environment
    ).start()
    #expect(try writer.waitFor("ready"))
    mount.signal(SIGTERM)
    let ended = try mount.finish()
    #expect(ended.status == 0, "\(ended.complaint)")
    writer.signal(SIGKILL)
    _ = try writer.finish()
    _ = manager
    let mounts = try place.shell("cat /proc/mounts")
    #expect(!mounts.contains(place.path))
    // A mount shows the project alone; a run in its session adds the home.
    let shown = try place.cowbox("-q", "run", "--", "cat", "f").run()
    #expect(shown.text == "kept\n", "\(shown.complaint)")
  }

  @Test func `the mount of a killed keeper is taken away by the next one`() throws {
    try Self.mounted { place, view in
      try place.shell("echo kept > ../view/a; sync -f ../view/a")
      let keeper = try #require(try place.keeper())
      kill(keeper, SIGKILL)
      try place.shell("for i in $(seq 100); do ls ../view >/dev/null 2>&1 || exit 0; done; exit 1")
      let again = try place.cowbox("mount", place.project, view).run()
      #expect(again.status == 0, "\(again.complaint)")
      #expect(try place.shell("cat ../view/a") == "kept\n")
      #expect(try place.shell("grep -c '\(view)' /proc/mounts") == "1\n")
    }
  }
}
