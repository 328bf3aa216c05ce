import Linux

/// Something that the keeper waits for in its loop, besides clients, signals and the box.
protocol Attended: AnyObject {
  /// Adds what it waits for.
  func prepare(_ set: inout PollSet)
  /// Does what can be done now.
  func advance(_ set: PollSet)
  /// After so many milliseconds it wants its turn, whatever comes; nil: only when something does.
  var patience: Int32? { get }
  /// Whether it is over and need not be waited for.
  var isOver: Bool { get }
  /// Gives up: who asked is gone, or took it back.
  func cancel()
  /// Which client it is for.
  func isFor(_ connection: Int, request: RequestID?) -> Bool
}

extension Attended {
  var patience: Int32? { nil }
}
