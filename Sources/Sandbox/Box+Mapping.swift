extension Box {
  /// Whether a box of the caller knows every id that the caller knows, not only its own.
  package static var mapsAllIDs: Bool { Identity.ofCaller().ranges != nil }
}
