/// A system call that failed: what was attempted, on what, and why.
package struct SystemError: Error, Equatable, Sendable {
  /// What was attempted, as it stands after "cannot": "open", "create directory".
  package let attempt: String
  package let path: ByteString?
  package let errno: Errno

  /// A failed attempt, on a path where there was one.
  package init(_ attempt: String, _ path: ByteString? = nil, _ errno: Errno) {
    self.attempt = attempt
    self.path = path
    self.errno = errno
  }
}

extension SystemError: CustomStringConvertible {
  package var description: String {
    guard let path else { return "cannot \(attempt): \(errno)" }
    return "cannot \(attempt) '\(path.printable)': \(errno)"
  }
}

/// Runs a call and gives its error number the sentence that a person needs.
package func attempt<Result: ~Copyable>(
  _ what: @autoclosure () -> String, _ path: @autoclosure () -> ByteString? = nil,
  _ call: () throws(Errno) -> Result
) throws(SystemError) -> Result {
  do { return try call() } catch { throw SystemError(what(), path(), error) }
}
