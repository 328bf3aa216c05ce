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
