import CLinux
import Glibc

/// An error number of the kernel.
package struct Errno: Error, Hashable, Sendable {
  package let rawValue: Int32

  /// An error number as the kernel gives it, positive.
  package init(_ rawValue: Int32) { self.rawValue = rawValue }

  /// What failed last on this thread; read only right after a failed call.
  package static var last: Errno { Errno(errno) }
}

extension Errno {
  package static let notPermitted = Errno(EPERM)
  package static let noEntry = Errno(ENOENT)
  package static let interrupted = Errno(EINTR)
  package static let io = Errno(EIO)
  package static let noDevice = Errno(ENXIO)
  package static let badDescriptor = Errno(EBADF)
  package static let tryAgain = Errno(EAGAIN)
  package static let noMemory = Errno(ENOMEM)
  package static let accessDenied = Errno(EACCES)
  package static let busy = Errno(EBUSY)
  package static let exists = Errno(EEXIST)
  package static let crossDevice = Errno(EXDEV)
  package static let notDirectory = Errno(ENOTDIR)
  package static let isDirectory = Errno(EISDIR)
  package static let invalid = Errno(EINVAL)
  package static let tooManyOpen = Errno(EMFILE)
  package static let fileTooBig = Errno(EFBIG)
  package static let noSpace = Errno(ENOSPC)
  package static let readOnly = Errno(EROFS)
  package static let tooManyLinks = Errno(EMLINK)
  package static let outOfRange = Errno(ERANGE)
  package static let nameTooLong = Errno(ENAMETOOLONG)
  package static let noSystemCall = Errno(ENOSYS)
  package static let notEmpty = Errno(ENOTEMPTY)
  package static let loop = Errno(ELOOP)
  package static let noData = Errno(ENODATA)
  package static let notSupported = Errno(EOPNOTSUPP)
  package static let stale = Errno(ESTALE)
  package static let overQuota = Errno(EDQUOT)
  package static let connectionRefused = Errno(ECONNREFUSED)
  package static let notConnected = Errno(ENOTCONN)
  package static let brokenPipe = Errno(EPIPE)
}

extension Errno: CustomStringConvertible {
  /// What the number means, in the words of strerror(3), lower case.
  package var description: String {
    guard let words = strerror(rawValue) else { return "error \(rawValue)" }
    let sentence = String(cString: words)
    guard let first = sentence.first, sentence.dropFirst().first?.isUppercase == false else {
      return sentence
    }
    return first.lowercased() + sentence.dropFirst()
  }
}

/// Runs a system call again while a signal interrupts it; throws what it failed with.
@discardableResult
package func check(_ call: () -> Int32) throws(Errno) -> Int32 {
  while true {
    let result = call()
    if result != -1 { return result }
    let failure = Errno.last
    if failure != .interrupted { throw failure }
  }
}

/// Runs a system call that answers a count or an offset, like `check(_:)` above.
@discardableResult
package func check(_ call: () -> Int) throws(Errno) -> Int {
  while true {
    let result = call()
    if result != -1 { return result }
    let failure = Errno.last
    if failure != .interrupted { throw failure }
  }
}
