import Linux

extension Trial {
  /// One operation on the plain tree, as ext4 does it wherever that is.
  ///
  /// xfs moves the time of a directory that is exchanged with something elsewhere, because its ".."
  /// changes; ext4 does not.
  func performPlainly(_ operation: Operation, _ plain: Side) -> Outcome {
    guard case .rename(let path, let new, .exchange) = operation else {
      return plain.perform(operation)
    }
    let before = asKeeper { [(new, time(of: path, plain)), (path, time(of: new, plain))] }
    let outcome = plain.perform(operation)
    guard outcome.failure == nil else { return outcome }
    asKeeper {
      for (place, time) in before {
        if let time { setTime(time, of: place, plain) }
      }
    }
    return outcome
  }

  /// When a directory was modified; nil: there is none.
  private func time(of path: Path, _ side: Side) -> Timestamp? {
    // What isn't there is told by the operation.
    guard let status = try? side.root.borrowed.status(of: path.bytes), status.kind == .directory
    else { return nil }
    return status.modified
  }

  private func setTime(_ time: Timestamp, of path: Path, _ side: Side) {
    // A time that could not be set is a difference that is told.
    try? side.root.borrowed.setTimes(of: path.bytes, accessed: nil, modified: time)
  }
}
