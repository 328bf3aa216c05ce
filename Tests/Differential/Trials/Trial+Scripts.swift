import CLinux
import Glibc
import Harness
import Linux

extension Trial {
  /// Runs shell scripts in both trees, with a remount between each two; what they say must be
  /// equal.
  func run(
    _ scripts: [String], _ plain: Side, _ overlay: Side, _ view: View, comparesTrees: Bool
  ) throws -> String? {
    self.comparesTrees = comparesTrees
    for (number, script) in scripts.enumerated() {
      if number > 0, let text = try remount(plain, overlay, view) { return text }
      let expected = try Self.shell(script, in: view.place.plain)
      let found = try Self.shell(script, in: view.place.view)
      if expected.status != 0 {
        return "the script fails on a plain directory:\n\(expected.text)\(expected.complaint)"
      }
      if found.status != expected.status || found.text != expected.text {
        return "plain (\(expected.status)): \(expected.text)\n\(expected.complaint)\n"
          + "overlay (\(found.status)): \(found.text)\n\(found.complaint)"
      }
      if let text = compare(plain, overlay) { return "after script \(number):\n\(text)" }
    }
    return nil
  }

  /// A script with a small environment, nothing of the caller's git or language.
  private static func shell(_ script: String, in directory: ByteString) throws -> Finished {
    let environment = [
      "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8",
      "HOME": "/nowhere",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z",
      "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z", "GIT_AUTHOR_NAME": "A", "TZ": "UTC",
      "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b",
    ]
    var command = Command(
      ["sh", "-euc", script], in: directory.printable, environment: environment)
    command.milliseconds = 100_000
    return try command.run()
  }
}
