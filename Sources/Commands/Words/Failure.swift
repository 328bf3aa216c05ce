import Apply
import Linux
import Profiles
import Sessions
import Store

/// What cowbox ends with: the numbers that scripts rely on.
package enum ExitCode {
  package static let done: Int32 = 0
  package static let failed: Int32 = 1
  package static let usage: Int32 = 2
  package static let conflict: Int32 = 3
  package static let unapplied: Int32 = 4
  package static let risk: Int32 = 5
  package static let noWall: Int32 = 6
  /// `run`, `exec` and `shell`: cowbox itself failed, not the program.
  package static let cowboxFailed: Int32 = 125
  package static let notExecutable: Int32 = 126
  package static let notFound: Int32 = 127
}

/// A failure as a person reads it: the sentence, what helps, and the exit code.
package struct Failure: Error {
  package let sentence: String
  package let hint: String?
  package let code: Int32

  /// A failure by its sentence, without "cowbox: " and full stop.
  package init(_ sentence: String, hint: String? = nil, code: Int32 = ExitCode.failed) {
    self.sentence = sentence
    self.hint = hint
    self.code = code
  }

  /// A wrong use of the command line.
  static func usage(_ sentence: String, hint: String? = nil) -> Failure {
    Failure(sentence, hint: hint, code: ExitCode.usage)
  }

  /// Any error as a failure.
  package init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as SessionError: self.init(error)
    case let error as ProtocolError: self.init(SessionError(error))
    case let error as ApplyError: self.init(error)
    case let error as ProfileError:
      let all = [error] + error.others
      let isUnknown = error.file.isEmpty && error.suggestion == nil
      self.init(
        all.map(\.description).joined(separator: "\ncowbox: "),
        hint: isUnknown ? "'cowbox profile list' shows all" : nil, code: ExitCode.usage)
    case let error as SettingError:
      self.init(
        error.sentence, hint: error.suggestion.map { "did you mean '\($0)'?" },
        code: ExitCode.usage)
    case let error as SystemError:
      self.init(error.description, hint: Self.hint(for: error.errno))
    case let error as StoreError:
      self.init(String(describing: error), hint: Self.hint(for: error.errno))
    case let error as Errno: self.init("the system says: \(error)", hint: Self.hint(for: error))
    default: self.init(String(describing: error))
    }
  }

  private init(_ error: SessionError) {
    let code =
      switch error.kind {
      case .failed, .gone: ExitCode.failed
      case .usage: ExitCode.usage
      case .noWall: ExitCode.noWall
      case .conflict: ExitCode.conflict
      case .notExecutable: ExitCode.notExecutable
      case .notFound: ExitCode.notFound
      }
    self.init(error.description, hint: error.hint, code: code)
  }

  private static func hint(for errno: Errno) -> String? {
    switch errno {
    case .noSpace, .overQuota:
      "free some space where the sessions are, or move them with COWBOX_STATE; nothing was lost"
    case .tooManyOpen: "raise the limit of open files, as with 'ulimit -n 4096'"
    case .accessDenied, .notPermitted: "look who owns it, and whether you may write there"
    case .readOnly: "the file system is mounted read-only"
    default: nil
    }
  }

  /// The failure as it goes to standard error, line ends included.
  package var text: String {
    var text = "cowbox: \(sentence)\n"
    if let hint { text += "        \(hint)\n" }
    return text
  }

  /// The same failure with the exit code of a command that ran nothing.
  var ofRun: Failure {
    code == ExitCode.failed ? Failure(sentence, hint: hint, code: ExitCode.cowboxFailed) : self
  }
}
