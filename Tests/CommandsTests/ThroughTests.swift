import Glibc
import Harness
import Linux
import Testing

/// `cowbox mount --through`: a live directory that can be taken back.
@Suite struct ThroughTests {
  /// A directory that is mounted at `view` beside it, with a step for each of three words in `a`.
  private func mounted(body: (Playground) throws -> Void) throws {
    let place = try Playground()
    let view = place.path + "/view"
    try place.shell("mkdir ../view; mkdir d; echo old > a; echo inner > d/b; chmod 640 d/b")
    let ended = try place.cowbox("mount", "--through", "--ambient", "0", place.project, view).run()
    try #require(ended.status == 0, "\(ended.complaint)")
    defer {
      // Failure does not matter: a test may have ended it itself.
      _ = try? place.cowbox("-q", "umount", view).run()
    }
    try body(place)
  }

  @Test func `what is written is real at once, and goes back step by step`() throws {
    try mounted { place in
      try place.shell("echo one > ../view/a; test \"$(cat a)\" = one")
      #expect(try place.cowbox("step").run().status == 0)
      try place.shell("mv ../view/d ../view/e; rm ../view/e/b; ln -s a ../view/s; ls -l . e")
      #expect(try place.cowbox("step").run().status == 0)
      try place.shell("echo two > ../view/.a.new; mv ../view/.a.new ../view/a; chmod 600 ../view/a")
      let undone = try place.cowbox("undo").run()
      #expect(undone.status == 0, "\(undone.complaint)")
      #expect(try place.shell("cat a ../view/a; ls -A") == "one\none\na\ne\ns\n")
      #expect(try place.cowbox("undo", "2").run().status == 0)
      #expect(try place.shell("cat a d/b; ls -A; stat -c %a d/b") == "old\ninner\na\nd\n640\n")
      #expect(try place.cowbox("undo").run().complaint.contains("nothing to undo"))
      #expect(try place.cowbox("redo", "3").run().status == 0)
      #expect(try place.shell("cat a; ls -A; stat -c %a a") == "two\na\ne\ns\n600\n")
    }
  }

  @Test func `undo stops at what somebody else has changed, until it is forced`() throws {
    try mounted { place in
      try place.shell("echo mine > ../view/a; echo also > ../view/d/b")
      try place.shell("sleep 0.02; echo theirs >> a")
      let refused = try place.cowbox("undo").run()
      #expect(refused.status == 3, "\(refused.complaint)")
      #expect(refused.complaint.contains("'a'"))
      #expect(try place.shell("cat a d/b") == "mine\ntheirs\nalso\n")
      #expect(try place.cowbox("undo", "--force").run().status == 0)
      #expect(try place.shell("cat a d/b") == "old\ninner\n")
      #expect(try place.cowbox("redo").run().status == 0)
      #expect(try place.shell("cat a d/b") == "mine\ntheirs\nalso\n")
    }
  }

  @Test func `after the keeper was killed undo still works, and without a mount`() throws {
    try mounted { place in
      try place.shell("echo one > ../view/a; rm -r ../view/d; echo new > ../view/n")
      let keeper = try #require(try place.keeper())
      kill(keeper, SIGKILL)
      try place.shell("for i in $(seq 200); do ls ../view >/dev/null 2>&1 || exit 0; done; exit 1")
      #expect(try place.shell("cat a n; ls") == "one\nnew\na\nn\n")
      let undone = try place.cowbox("undo").run()
      #expect(undone.status == 0, "\(undone.complaint)")
      #expect(try place.shell("cat a d/b; ls -A") == "old\ninner\na\nd\n")
      #expect(try place.cowbox("umount", place.path + "/view").run().status == 0)
    }
  }

  @Test func `hard links, holes and git keep working on a live directory`() throws {
    try mounted { place in
      try place.shell("ln a hard")
      try place.shell("echo both > ../view/a; test \"$(cat hard)\" = both")
      let git = "cd ../view && git init -q . && git -c user.name=n -c user.email=e "
      try place.shell(git + "add -A && git -c user.name=n -c user.email=e commit -qm first")
      try place.shell("cd ../view && truncate -s 1M sparse && git status --short | grep -q sparse")
      #expect(try place.cowbox("undo").run().status == 0)
      #expect(try place.shell("cat a hard; ls -A; stat -c %h a") == "old\nold\na\nd\nhard\n2\n")
    }
  }

  @Test func `a session with commands and an undo log keep apart`() throws {
    try mounted { place in
      try place.shell("echo one > ../view/a")
      let run = try place.cowbox("-q", "run", "--", "sh", "-c", "echo box > a; cat a").run()
      #expect(run.text == "box\n", "\(run.complaint)")
      #expect(try place.shell("cat a") == "one\n")
    }
  }
}
