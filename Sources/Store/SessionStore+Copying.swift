import Linux

// A copy asks for much space at once, and is the one change that can be taken back whole: it must
// never live on what is set aside for rows that were acknowledged.
extension SessionStore {
  /// How much of a file is copied before the reserve is looked at again.
  private static let piece: Int64 = 1 << 20

  /// Copies the data of a file into an object, or throws ENOSPC; then the object is to be given back.
  package func copy(_ source: Descriptor, to object: Descriptor, size: Int64) throws(Errno) {
    try requireRoom(min(size, source.status().allocated), at: object)
    try object.truncate(to: size)
    var at: Int64 = 0
    while at < size, let data = try source.dataExtent(from: at, limit: size) {
      at = data.lowerBound
      while at < data.upperBound {
        let count = min(Self.piece, data.upperBound - at)
        try object.copyRange(from: source, at: at, count: count)
        try requireReserve()
        at += count
      }
    }
  }

  /// Throws ENOSPC when rows had to take the reserve, which what was copied meanwhile may fill.
  package func requireReserve() throws(Errno) {
    if reserve.isGivenUp.load(ordering: .relaxed) { throw .noSpace }
  }

  private func requireRoom(_ bytes: Int64, at object: Descriptor) throws(Errno) {
    let space = try object.space()
    if space.isCounted, space.free < bytes { throw .noSpace }
  }
}
