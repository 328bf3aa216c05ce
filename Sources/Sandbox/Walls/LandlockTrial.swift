import Confinement
import Linux

/// Puts Landlock up around a process and tries to cross it.
///
/// Inside a box the mounts refuse first, so that no command can tell whether Landlock would.
package enum LandlockTrial {
  /// The newest ABI that the kernel speaks, or 0.
  package static var version: Int32 { Landlock.version }

  /// Whether a process that may only read could make a file in a directory all the same.
  package static func isCrossed(in directory: ByteString) throws(LaunchError) -> Bool {
    let child = try Forking.child {
      do throws(Errno) {
        let rules = try Landlock.ruleset(files: 0x1FFF, scopes: 0)
        let top = try Descriptor.currentDirectory.open("/" as ByteString, .path)
        try rules.borrowed.allow(LandlockRules.reading, beneath: top.borrowed)
        try Process.refuseNewPrivileges()
        try rules.borrowed.restrictProcess()
        _ = try Descriptor.currentDirectory.open(
          directory.appending("crossed"), [.create, .writeOnly], mode: 0o600)
        return 1
      } catch .accessDenied {
        return 0
      } catch { return 2 }
    }
    let status = try at(.landlock) { () throws(Errno) in
      try Process.wait(for: child, blocking: true)?.status ?? 2 << 8
    }
    if status == 2 << 8 { throw LaunchError(.landlock, .notSupported) }
    return status != 0
  }
}
