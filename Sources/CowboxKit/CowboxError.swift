import Linux
import Messages

/// Why something that was asked of a session was not done.
public struct CowboxError: Error, Equatable, Sendable {
  /// What kind of failure it is.
  public enum Kind: Equatable, Sendable {
    /// A file or directory could not be used; the kernel's error number says why.
    case file(errno: Int32)
    /// The command could not be started: 126 not executable, 127 not found.
    case notStarted(status: Int32)
    /// The arguments make no sense.
    case wrongArguments
    /// A wall that was asked for can't be put up.
    case missingWall
    /// What runs in the session stands in the way.
    case busy
    /// The project has become something else where the session would change it.
    case conflict
    /// What would land acts by itself, and wants consent.
    case risk
    /// The request was taken back.
    case cancelled
    /// The session's keeper ended before it answered.
    case lost
    /// The program `cowbox` could not be started.
    case noProgram
    case failed
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// What was attempted and why it failed.
  public let message: String
  /// What helps.
  public let hint: String?

  init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  init(_ error: ProtocolError) {
    let kind: Kind =
      switch error.code {
      case .file: .file(errno: error.errno ?? 5)
      case .notStarted: .notStarted(status: error.exit ?? 125)
      case .wrongParams, .unknownMethod, .notRequest, .notJSON: .wrongArguments
      case .noWall: .missingWall
      case .busy: .busy
      case .conflict: .conflict
      case .risk: .risk
      case .cancelled: .cancelled
      case .ending, .gone: .lost
      default: .failed
      }
    if error.code == .ending {
      self = .unheard
    } else {
      self.init(kind, error.message, hint: error.hint)
    }
  }

  static let lost = CowboxError(.lost, "the session's keeper ended before it answered")

  /// What was asked did not reach the keeper, or it refused because it was about to end.
  static let unheard = CowboxError(.lost, "the session's keeper was about to end")

  /// An answer that does not say what it should.
  static func unexpected(_ method: String) -> CowboxError {
    CowboxError(.failed, "the answer to '\(method)' lacks something")
  }
}

extension CowboxError: CustomStringConvertible {
  /// The sentence, and what helps.
  public var description: String { hint.map { "\(message)\n\($0)" } ?? message }
}
