import CTrace
import Glibc
import Harness
import Linux
import Rehearsal

/// Interrupts a command at each system call by which it reads or changes files: by SIGKILL, or by an
/// error of the call.
///
/// The next command must find everything as it was before, or as it is after.
package struct CrashTrial {
  /// What happens at a call.
  package enum Act: Sendable, Hashable, CustomStringConvertible {
    case kill
    case fail(Int32)

    /// What all of a trial are.
    package static let all: [Act] =
      [.kill] + [ENOSPC, EIO, EACCES, EMFILE, EINTR].map { .fail($0) }

    package var description: String {
      switch self {
      case .kill: "killed"
      case .fail(let errno): "\(Errno(errno))"
      }
    }

    var code: Int32 {
      switch self {
      case .kill: -SIGKILL
      case .fail(let errno): errno
      }
    }
  }

  /// How often something was interrupted, and how it ended.
  package struct Tally: Sendable {
    package var calls = 0
    package var runs = 0
    package var before = 0
    package var after = 0
  }

  private let verb: CrashVerb
  private let before: CrashState
  private let after: CrashState
  /// How many calls the command makes when nothing happens.
  package let count: Int

  /// Runs the command once, counting.
  package init(_ verb: CrashVerb) throws {
    self.verb = verb
    let session = try verb.prepare()
    before = try CrashState(session)
    let result = try Self.run(verb, session, at: 0, .kill)
    guard result.status == 0 else {
      throw CrashFailure("\(verb.rawValue) fails by itself: \(try Self.output(of: session))")
    }
    count = result.count
    after = try CrashState(session)
    guard before != after else { throw CrashFailure("\(verb.rawValue) changes nothing") }
  }

  /// Interrupts every call from `first`, in steps, in all the ways of `acts`.
  package func run(
    _ acts: [Act], from first: Int = 1, every step: Int = 1,
    progress: (String) -> Void = { _ in }
  ) throws -> Tally {
    var tally = Tally()
    tally.calls = count
    for act in acts {
      for position in stride(from: first, through: count, by: step) {
        try interrupt(at: position, act, &tally)
      }
      progress("\(verb.rawValue): \(act) at \((count - first) / step + 1) of \(count) calls")
    }
    return tally
  }

  private func interrupt(at position: Int, _ act: Act, _ tally: inout Tally) throws {
    let session = try verb.prepare()
    let old = try CrashState(session)
    let result = try Self.run(verb, session, at: position, act)
    tally.runs += 1
    let name = ct_name(result.call).map { String(cString: $0) } ?? "no call"
    let title = "\(verb.rawValue), \(act) at \(position) (\(name))"
    // Whatever comes next on this session puts it right.
    let next = try verb.cowbox(["diff", "--name-status"], on: session).run()
    let now = try CrashState(session)
    let isGone = now.plan == nil && verb == .discard
    guard next.status == 0 || isGone else {
      throw CrashFailure("\(title): the next command says: \(next.complaint)")
    }
    if now.exact == old.exact, now.plan == old.plan, now.others == old.others {
      tally.before += 1
    } else if now == after || now.isLike(after) {
      tally.after += 1
    } else {
      let said = try Self.output(of: session)
      throw CrashFailure(
        "\(title): neither before nor after\n  said: \(said)\n  next: \(next.complaint)\n"
          + "  before: \(now.difference(from: old)) \(Self.exactDifference(now, old))\n"
          + "  after: \(now.difference(from: after))")
    }
  }

  /// Where only times or inodes differ.
  private static func exactDifference(_ now: CrashState, _ old: CrashState) -> [String] {
    now.exact.keys.sorted().filter { now.exact[$0] != old.exact[$0] }.map {
      "\($0): \(now.exact[$0] ?? "") not \(old.exact[$0] ?? "")"
    }
  }

  private static func run(_ verb: CrashVerb, _ session: Rehearsal, at position: Int, _ act: Act)
    throws -> (count: Int, call: Int32, status: Int32)
  {
    let command = verb.cowbox(verb.words, on: session)
    let words = Strings(command.words)
    let environment = Strings(command.environment.map { "\($0)=\($1)" })
    var result = ct_result()
    let failure = ct_run(
      words.pointers, environment.pointers, command.directory, session.place.path + "/output",
      position, act.code, &result)
    // The kernel read them while the call lasted.
    withExtendedLifetime((words, environment)) {}
    guard failure == 0 else { throw Errno(failure) }
    return (result.count, result.call, result.status)
  }

  private static func output(of session: Rehearsal) throws -> String {
    try session.place.shell("cat '\(session.place.path)/output'")
  }
}

/// C strings, and the NULL behind them.
private final class Strings {
  let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }
}
