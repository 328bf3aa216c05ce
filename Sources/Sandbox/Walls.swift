import Confinement
import Linux

/// The walls that a process puts up around itself, in the only order that works.
struct Walls {
  private let restrictions: Restrictions
  /// The box's paths that take writes.
  private let writable: [ByteString]

  init(_ restrictions: Restrictions, writable: [ByteString]) {
    self.restrictions = restrictions
    self.writable = writable
  }

  /// Gives up everything for good; answers the filter's listener where it has one.
  ///
  /// The filter must be last: it forbids what the lines above it do.
  func close() throws(LaunchError) -> Descriptor? {
    try at(.capabilities) { () throws(Errno) in
      try Process.keepOnly(restrictions.capabilities)
    }
    try at(.privileges) { () throws(Errno) in try Process.refuseNewPrivileges() }
    if let rules = restrictions.landlock {
      try at(.landlock) { () throws(Errno) in try restrict(to: rules) }
    }
    guard let filter = restrictions.filter else { return nil }
    let listener = try at(.filter) { () throws(Errno) -> Int32 in
      let listener = try filter.install(listener: restrictions.filterListens)
      guard let listener else { return -1 }
      return listener.release()
    }
    return listener == -1 ? nil : Descriptor(listener)
  }

  private func restrict(to rules: LandlockRules) throws(Errno) {
    let ruleset = try Landlock.ruleset(files: rules.handledFiles, scopes: rules.scopes)
    let everywhere: ByteString = "/"
    for path in rules.handledFiles == 0 ? [] : [everywhere] + writable {
      let files = path == everywhere ? LandlockRules.reading : rules.handledFiles
      do {
        let place = try Descriptor.currentDirectory.open(path, .path)
        // What only directories can grant is refused for a file (landlock(7), EINVAL).
        let isDirectory = try place.borrowed.status().kind == .directory
        let accesses = isDirectory ? files : files & LandlockRules.fileAccesses
        try ruleset.borrowed.allow(accesses, beneath: place.borrowed)
      } catch .noEntry {
      } catch .accessDenied {}
    }
    try ruleset.borrowed.restrictProcess()
  }
}
