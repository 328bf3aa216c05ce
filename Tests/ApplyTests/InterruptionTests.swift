import Crash
import Glibc
import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Apply

/// An apply that somebody ends, or that is found half done.
@Suite struct InterruptionTests {
  @Test func `Ctrl-C before any step takes back all of an apply`() throws {
    for position in 0..<1000 {
      let session = try Rehearsal(ApplicationTests.project)
      var script = RandomScript(seed: 77)
      try script.play(on: session, count: 12)
      let before = try session.listing(session.place.project, withTimes: true)
      let application = try ApplicationTests.application(session)
      var count = 0
      application.isCancelled = {
        count += 1
        return count > position
      }
      do {
        try application.run(application.plan())
        #expect(position > 4)
        return
      } catch ApplyError.cancelled {
        #expect(try session.listing(session.place.project, withTimes: true) == before)
        #expect(try application.check(application.plan()) == [])
      }
    }
  }

  @Test func `an apply in the middle of many files ends at SIGINT, with nothing done`() throws {
    let session = try Rehearsal("echo one > a", named: CrashVerb.session)
    try session.write("a", "two\n")
    for number in 0..<4000 { try session.create("new\(number)", "x") }
    try session.store?.flush(durable: true)
    session.close()
    let before = try session.listing(session.place.project, withTimes: true)
    let apply = try CrashVerb.apply.cowbox(["apply"], on: session).start()
    // The stage stands while new files are made in it.
    let end = Timestamp.now.nanoseconds + 30_000_000_000
    while try !session.place.shell("ls -A").contains(".cowbox-"), Timestamp.now.nanoseconds < end {
      poll(nil, 0, 1)
    }
    apply.signal(SIGINT)
    let ended = try apply.finish()
    #expect(ended.status == 130 && ended.complaint.contains("as it was before"))
    #expect(try session.listing(session.place.project, withTimes: true) == before)
    #expect(try CrashVerb.apply.cowbox(["apply"], on: session).run().status == 0)
    #expect(try session.place.shell("cat a; ls | wc -l") == "two\n4001\n")
  }

  /// What the host does to a file that has landed while the apply goes on, and what is left of it.
  struct Meddling: CustomTestStringConvertible {
    let testDescription: String
    let script: String
    /// Whether the user must decide between two contents.
    let isStuck: Bool
    let after: String
  }

  static let meddlings = [
    Meddling(
      testDescription: "replaced", script: "echo newer > t; mv t a", isStuck: true,
      after: "a: newer"),
    Meddling(
      testDescription: "written", script: "echo more >> a", isStuck: true, after: "a: two more"),
    Meddling(testDescription: "removed", script: "rm a", isStuck: false, after: "a: one"),
    Meddling(
      testDescription: "moved", script: "mv a b", isStuck: false, after: "a: one b: two"),
  ]

  @Test(arguments: meddlings)
  func `an apply that is taken back loses neither the host's old file nor its new one`(
    _ row: Meddling
  ) throws {
    let session = try Rehearsal("echo one > a; echo one > z", named: CrashVerb.session)
    try session.write("a", "two\n")
    try session.write("z", "two\n")
    let application = try ApplicationTests.application(session)
    application.checkpoint = { [place = session.place] name in
      // The second file is no longer what was checked: everything goes back.
      if name == "operation 1" { try place.shell("\(row.script); echo host > z") }
    }
    let text = "for f in *; do echo $f: $(cat $f); done | tr '\\n' ' '"
    do {
      try application.run(application.plan())
      Issue.record("it has landed")
    } catch ApplyError.stuck(let paths, _) {
      #expect(row.isStuck && paths == ["a"])
      #expect(try session.place.shell(text) == row.after + " z: host ")
      try session.place.shell("mv a newcomer")
      try Application.recover(application.store)
      let newer = row.after.dropFirst("a: ".count)
      #expect(try session.place.shell(text) == "a: one newcomer: \(newer) z: host ")
    } catch ApplyError.conflicts {
      #expect(!row.isStuck)
      #expect(try session.place.shell(text) == row.after + " z: host ")
    }
    #expect(try session.place.shell("ls -A").contains(".cowbox-") == false)
  }

  @Test(arguments: [["run", "--no-home"], ["exec", "--no-home"]])
  func `a command is started only after an apply that was killed was recovered`(words: [String])
    throws
  {
    let session = try CrashVerb.apply.prepare()
    _ = try session.reopen()
    #expect(try ApplicationTests.interrupted(session, at: 6).1 == false)
    session.close()
    let ended = try CrashVerb.apply.cowbox(words + ["--", "cat", "fresh/x"], on: session).run()
    #expect(ended.status == 0 && ended.text == "x\n", "\(ended.complaint)")
    #expect(ended.complaint.contains("apply 1 was interrupted; it was taken back"))
    #expect(try session.place.shell("ls -A").contains(".cowbox-") == false)
  }
}
