import CLinux
import Confinement
import Linux

/// Landlock's rules for files, put up by each command for itself.
///
/// Not by init for all: a file of the host's that a command was given as a stream is outside of what
/// the view's rules allow, and programs open it again, as `/dev/stderr`. Only that command may.
struct FileRestriction: Sendable {
  private let rules: LandlockRules
  /// The box's paths that take writes.
  private let writable: [ByteString]

  /// The restriction of a plan; nil where Landlock handles no files.
  init?(_ plan: LaunchPlan) {
    guard let rules = plan.restrictions.landlock, rules.handledFiles != 0 else { return nil }
    self.rules = rules
    writable = plan.writable
  }

  /// Restricts this process and its children for good.
  func putUp(streams: [Descriptor]) throws(Errno) {
    let ruleset = try Landlock.ruleset(files: rules.handledFiles, scopes: 0)
    let everywhere: ByteString = "/"
    for path in [everywhere] + writable {
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
    for stream in streams where stream.isWritable {
      do throws(Errno) {
        // What was given for output only is not to be read either: a log has other people's lines.
        let hidden = stream.isReadable ? 0 : LandlockRules.reading
        try ruleset.borrowed.allow(
          rules.handledFiles & LandlockRules.fileAccesses & ~hidden, beneath: stream)
      } catch {
        // A pipe or a socket: Landlock has no rules for what has no path (EBADFD), and asks for none.
        continue
      }
    }
    try ruleset.borrowed.restrictProcess()
  }
}
