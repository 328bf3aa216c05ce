import Confinement
import Linux

/// The walls that a process puts up around itself, in the only order that works.
struct Walls {
  private let restrictions: Restrictions

  init(_ restrictions: Restrictions) { self.restrictions = restrictions }

  /// Gives up everything for good; answers the filter's listener where it has one.
  ///
  /// The filter must be last: it forbids what the lines above it do.
  func close() throws(LaunchError) -> Descriptor? {
    try at(.capabilities) { () throws(Errno) in
      try Process.keepOnly(restrictions.capabilities)
    }
    try at(.privileges) { () throws(Errno) in try Process.refuseNewPrivileges() }
    // What Landlock says of files, each command puts up for itself: see FileRestriction.
    if let rules = restrictions.landlock, rules.scopes != 0 || Landlock.version == 0 {
      try at(.landlock) { () throws(Errno) in
        // A layer that allows no REFER denies it, also where it handles no files (landlock(7)).
        let refer: UInt64 = rules.handledFiles == 0 ? 0 : 1 << 13
        let ruleset = try Landlock.ruleset(files: refer, scopes: rules.scopes)
        if refer != 0 {
          let top = try Descriptor.currentDirectory.open("/" as ByteString, .path)
          try ruleset.borrowed.allow(refer, beneath: top.borrowed)
        }
        try ruleset.borrowed.restrictProcess()
      }
    }
    guard let filter = restrictions.filter else { return nil }
    return try at(.filter) { () throws(Errno) in try install(filter) }
  }

  /// Installs the filter with a listener to tell refusals to; without one where another filter,
  /// around this box, listens already (EBUSY), or the kernel has no listeners (EINVAL).
  private func install(_ filter: FilterProgram) throws(Errno) -> Descriptor? {
    do throws(Errno) {
      let telling = restrictions.tellingFilter ?? filter
      guard let listener = try telling.install(listener: true) else { return nil }
      return Descriptor(listener.release())
    } catch {
      let isQuietEnough = !restrictions.filterListens && (error == .busy || error == .invalid)
      guard isQuietEnough else { throw error }
      _ = try filter.install()
      return nil
    }
  }
}
