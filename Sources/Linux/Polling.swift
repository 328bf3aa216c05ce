import CLinux
import Glibc

/// What a descriptor is waited for, and what came.
package struct PollEvents: OptionSet, Sendable {
  package let rawValue: Int16
  /// Events as poll(2) numbers them.
  package init(rawValue: Int16) { self.rawValue = rawValue }

  /// POLLIN.
  package static let readable = PollEvents(rawValue: Int16(POLLIN))
  /// POLLOUT.
  package static let writable = PollEvents(rawValue: Int16(POLLOUT))
  /// POLLHUP and POLLERR, which come unasked.
  package static let over = PollEvents(rawValue: Int16(POLLHUP | POLLERR))
}

/// The descriptors that one wait looks at.
package struct PollSet {
  private var entries: [pollfd] = []

  /// A set without descriptors.
  package init() {}

  /// Adds a descriptor and answers its place in the set.
  @discardableResult
  package mutating func add(_ descriptor: Descriptor, _ events: PollEvents = .readable) -> Int {
    entries.append(pollfd(fd: descriptor.raw, events: events.rawValue, revents: 0))
    return entries.count - 1
  }

  /// Waits until something comes; false when the time is over, nil waits for ever.
  ///
  /// The corresponding system call is `poll(2)`.
  package mutating func wait(milliseconds: Int32? = nil) throws(Errno) -> Bool {
    let count = try entries.withUnsafeMutableBufferPointer { entries throws(Errno) in
      try check { poll(entries.baseAddress, nfds_t(entries.count), milliseconds ?? -1) }
    }
    return count > 0
  }

  /// What came for the descriptor at a place.
  package func events(at place: Int) -> PollEvents { PollEvents(rawValue: entries[place].revents) }
}
