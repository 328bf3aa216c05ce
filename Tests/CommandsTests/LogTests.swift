import Glibc
import Harness
import Store
import Testing

@testable import Commands

/// The timeline: its graph, and what it tells of each step.
@Suite struct LogTests {
  /// Steps by number, with the one that each went on from, and the graph they make.
  @Test func `what was undone stands beside the line that went on`() {
    let steps: [(step: StepID, parent: StepID?)] = [
      (StepID(1), nil), (StepID(2), StepID(1)), (StepID(3), StepID(2)), (StepID(4), StepID(2)),
      (StepID(5), StepID(4)), (StepID(6), StepID(1)),
    ]
    var graph = StepGraph(steps)
    var text: [String] = []
    for _ in steps {
      let lines = graph.next(marked: "*")
      text.append(lines.node)
      if let joint = lines.joint { text.append(joint) }
    }
    #expect(text == ["*", "| *", "| *", "| | *", "| |/", "| *", "|/", "*"])
  }

  @Test func `the log tells what each step changed, per path too`() throws {
    let place = try Playground()
    try place.shell("seq 9 > numbers")
    for script in ["sed -i s/5/five/ numbers", "echo n > n", "sed -i s/6/six/ numbers; exit 3"] {
      _ = try place.cowbox("run", "--", "sh", "-c", script).run()
    }
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try place.cowbox("snapshot", "good").run().status == 0)
    let log = try place.cowbox("log").run().text
    #expect(log.contains("1 path, +1 -1") && log.contains("(snapshot good)"), "\(log)")
    #expect(log.contains("| *  4 ") && log.contains("|/\n"), "\(log)")
    #expect(!log.contains(" \n"), "\(log)")
    let one = try place.cowbox("log", "numbers").run().text
    #expect(!one.contains("echo n") && one.contains("s/6/six/"), "\(one)")
    let patch = try place.cowbox("log", "-p", "-n", "3", "n").run().text
    #expect(patch.contains("+++ b/n\n") && !patch.contains("b/numbers"), "\(patch)")
    let blame = try place.cowbox("blame", "numbers").run().text
    #expect(blame.contains("s/5/five/") && !blame.contains("six"), "\(blame)")
    #expect(try place.cowbox("blame", "nothing").run().status == 1)
  }

  @Test func `status stays and follows the session until it is ended`() throws {
    let place = try Playground()
    _ = try place.cowbox("run", "--", "touch", "first").run()
    let watch = try place.cowbox("status", "--watch", "--json").start()
    #expect(try watch.waitFor("\"added\":1"))
    _ = try place.cowbox("run", "--", "touch", "second").run()
    #expect(try watch.waitFor("\"added\":2"))
    watch.signal(SIGINT)
    let finished = try watch.finish()
    #expect(finished.status == 0 && finished.complaint == "")
  }

  @Test func `a word that is nearly a session's name is understood so far`() throws {
    let place = try Playground()
    _ = try place.cowbox("run", "--", "touch", "first").run()
    _ = try place.cowbox("rename", "parser").run()
    let wrong = try place.cowbox("status", "-s", "praser").run()
    #expect(wrong.status == 2 && wrong.complaint.contains("did you mean 'parser'?"))
  }

  @Test func `what was written anew under another name is a rename in log and exports`() throws {
    let place = try Playground()
    try place.shell("seq 1 40 > f")
    let run = try place.cowbox("run", "--", "sh", "-c", "sed s/^7$/seven/ f > g; rm f").run()
    #expect(run.status == 0)
    let log = try place.cowbox("log", "-p").run().text
    #expect(log.contains("|  rename from f\n|  rename to g\n"), "\(log)")
    let export = try place.cowbox("export", "--format", "patch", "-").run()
    #expect(export.text.contains("rename from f\nrename to g\n"), "\(export.complaint)")
  }
}
