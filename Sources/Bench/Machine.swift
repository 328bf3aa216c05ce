import CLinux
import Glibc
import Linux

/// What a run was made on, and with which versions.
struct Machine {
  private let kernel: String
  private let processors: Int
  private let fileSystem: String
  private let load: String
  /// By side, what says its version.
  private let versions: [(name: String, version: String)]

  init(sides: [Side], place: Workplace) throws {
    kernel = try Command.output(["uname", "-r"])
    processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    fileSystem = try Command.output(["findmnt", "-n", "-o", "FSTYPE", "-T", place.path])
    load =
      try Command.lines(of: "/proc/loadavg").first.map { String($0.prefix { $0 != " " }) } ?? ""
    let kernel = kernel
    versions = try sides.map { side in
      switch side {
      case .cowbox: (side.name, try Self.ownVersion())
      case .fuse:
        (side.name, try Self.version(of: "fuse-overlayfs"))
      default: (side.name, "Linux \(kernel)")
      }
    }
  }

  /// The line in which a program names its version, among whatever else it says.
  private static func version(of program: String) throws -> String {
    try Command.output(["sh", "-c", "$0 --version 2>&1 | grep -m 1 \"^$0.*version\"", program])
  }

  /// The sources that this program was built from, or its date where there is no repository.
  private static func ownVersion() throws -> String {
    let described = try Command.output([
      "sh", "-c", "git describe --always --dirty 2>/dev/null || echo unknown",
    ])
    return "cowbox \(described)"
  }

  /// For the beginning of a run's output.
  var text: String {
    (["\(processors) processors, kernel \(kernel), \(fileSystem), load \(load)"]
      + versions.map { "  \($0.name): \($0.version)" }).joined(separator: "\n")
  }

  /// For the README: what matters of the machine, and nothing that tells whose it is.
  var sentence: String {
    let release = kernel.split(separator: ".").prefix(2).joined(separator: ".")
    let peer = versions.first { $0.name == Side.fuse.name }.map { ", \($0.version)" } ?? ""
    return "\(processors) processors, kernel \(release), \(fileSystem)\(peer)"
  }

  var json: String {
    let sides = versions.map { "\"\($0.name)\": \"\($0.version)\"" }.joined(separator: ", ")
    return "{ \"kernel\": \"\(kernel)\", \"processors\": \(processors), "
      + "\"fileSystem\": \"\(fileSystem)\", \"load\": \"\(load)\", \"versions\": { \(sides) } }"
  }
}
