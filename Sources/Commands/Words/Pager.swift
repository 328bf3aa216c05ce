import Glibc
import Linux

/// The user's own pager, which shows what is written to it; nothing of a project chooses it.
final class Pager {
  private var process: SpawnedProcess?
  private var input: OwnedDescriptor?
  /// Whether the user has seen enough.
  private var isClosed = false

  static let option = Option("no-pager", "no pager, also on a terminal")

  private init(_ process: consuming SpawnedProcess, _ input: consuming OwnedDescriptor) {
    self.process = consume process
    self.input = consume input
  }

  /// Starts what COWBOX_PAGER or PAGER say, else less; nil: there is none, or none is wanted.
  static func start() throws -> Pager? {
    guard Process.variable("TERM") ?? "dumb" != "dumb" else { return nil }
    let named = Process.variable("COWBOX_PAGER") ?? Process.variable("PAGER")
    let words = (named ?? "less").bytes.split(separator: 0x20).map { ByteString($0) }
    guard !words.isEmpty, words != ["cat"] else { return nil }
    var environment = Process.environment
    // As git: end where one screen holds everything, show colours, leave the screen as it was.
    if Process.variable("LESS") == nil { environment.append("LESS=FRX") }
    let pipe = try attempt("make a pipe to the pager") { () throws(Errno) in try Pipe() }
    let process: SpawnedProcess
    do throws(Errno) {
      process = try SpawnedProcess.start(
        words[0], words, environment: environment,
        streams: [pipe.output.borrowed, .standardOutput, .standardError])
    } catch .noEntry where named == nil {
      return nil
    } catch { throw SystemError("start the pager", words.first, error) }
    // Keys that stop a program are the pager's; its end comes as a failure to write.
    ignoreSignal(SIGINT)
    ignoreSignal(SIGPIPE)
    let ends = pipe.release()
    _ = OwnedDescriptor(owning: ends.output)
    return Pager(process, OwnedDescriptor(owning: ends.input))
  }

  /// Hands text over; once the user has ended the pager nothing more is wanted.
  func write(_ bytes: [UInt8]) throws(SystemError) {
    guard !isClosed, let raw = input?.raw else { return }
    do throws(Errno) { try Descriptor(raw).write(bytes) } catch .brokenPipe {
      isClosed = true
    } catch { throw SystemError("write to the pager", nil, error) }
  }

  /// Ends the text and waits for the user.
  func finish() throws {
    input = nil
    guard let process = process.take() else { return }
    do throws(Errno) { _ = try process.wait() } catch {
      throw SystemError("wait for the pager", nil, error)
    }
  }
}
