import Linux

/// The only place in the house that splits a process in two.
package enum Forking {
  /// Starts a child that runs `body` and ends with what it answers; the caller has one thread.
  package static func child(_ body: () -> Int32) throws(LaunchError) -> Int32 {
    try child(in: [], body)
  }

  /// Starts a child in namespaces of its own.
  static func child(in namespaces: NamespaceSet, _ body: () -> Int32) throws(LaunchError) -> Int32 {
    if let count = Process.threadCount(), count != 1 { throw LaunchError(.threads, .busy) }
    return try split(in: namespaces, body)
  }

  /// Forks without counting threads, for processes that never had a second one.
  static func split(in namespaces: NamespaceSet = [], _ body: () -> Int32) throws(LaunchError)
    -> Int32
  {
    do {
      let child = try Process.fork(into: namespaces)
      if child == 0 { Process.end(body()) }
      return child
    } catch { throw LaunchError(.namespaces, error) }
  }
}
