import Glibc
import Linux

/// One attempt to cross a wall, made by a process inside a box.
///
/// Each does what a command would that wants out; none does harm where it succeeds.
package struct Crossing: Sendable {
  /// The wall that is tried.
  package let wall: String
  /// What is tried, as it stands after "can".
  package let attempt: String
  /// Whether it got through; nil where nothing behind the wall is known to try with.
  let cross: @Sendable (CrossingGround) -> Bool?

  /// Tries it.
  package func isCrossed(_ ground: CrossingGround) -> Bool? { cross(ground) }

  /// Every attempt there is.
  package static let all: [Crossing] =
    fileCrossings + processCrossings + networkCrossings + privilegeCrossings
}

extension Crossing {
  private static func opens(_ path: ByteString?, _ flags: OpenFlags) -> Bool? {
    path.map { (try? Descriptor.currentDirectory.open($0, flags)) != nil }
  }

  private static let fileCrossings: [Crossing] = [
    Crossing(wall: "files", attempt: "write to a file of the host") { ground in
      opens(ground.outside?.appending("file"), .writeOnly)
    },
    Crossing(wall: "files", attempt: "make a file beside it") { ground in
      guard let path = ground.outside?.appending("new") else { return nil }
      return (try? Descriptor.currentDirectory.open(path, [.create, .writeOnly], mode: 0o600))
        != nil
    },
    Crossing(wall: "masks", attempt: "read a masked file") { ground in
      guard let path = ground.outside?.appending("secret") else { return nil }
      let file = try? Descriptor.currentDirectory.open(path, .readOnly)
      guard let file else { return false }
      return (try? file.borrowed.readAll(limit: 64))?.isEmpty == false
    },
    Crossing(wall: "masks", attempt: "look into cowbox's own state") { ground in
      guard let state = ground.state else { return nil }
      guard let directory = try? Descriptor.currentDirectory.open(state, .directory) else {
        return false
      }
      return (try? directory.borrowed.entryNames())?.isEmpty == false
    },
    Crossing(wall: "private", attempt: "see the host's temporary files") { ground in
      opens(ground.temporary, .path)
    },
    Crossing(wall: "devices", attempt: "find a device of the machine") { _ in
      let names: [ByteString] = [
        "/dev/mem", "/dev/kmsg", "/dev/port", "/dev/fuse", "/dev/loop-control",
      ]
      return names.contains { opens($0, .path) == true }
    },
    Crossing(wall: "privileges", attempt: "run a set-user-ID program as its owner") { _ in
      var status = statvfs()
      // ST_NOSUID
      return statvfs("/", &status) == 0 && status.f_flag & 2 == 0
    },
  ]

  private static let processCrossings: [Crossing] = [
    Crossing(wall: "processes", attempt: "signal a process of the host") { ground in
      ground.process.map { kill($0, 0) == 0 }
    },
    Crossing(wall: "processes", attempt: "read the environment of a process of the host") {
      ground in
      opens(ground.process.map { ByteString("/proc/\($0)/environ") }, .readOnly)
    },
    Crossing(wall: "processes", attempt: "change a setting of the kernel") { _ in
      opens("/proc/sys/kernel/core_pattern", .writeOnly)
    },
    Crossing(wall: "descriptors", attempt: "use a descriptor that was left open") { _ in
      (3..<256).contains { Descriptor($0).isOpen }
    },
    Crossing(wall: "terminal", attempt: "push input into a terminal") { _ in
      Probe.pushInput() != .notPermitted
    },
    Crossing(wall: "limits", attempt: "open more files than allowed") { ground in
      guard let most = ground.openFiles else { return nil }
      var open: [Int32] = []
      defer { for raw in open { _ = OwnedDescriptor(owning: raw) } }
      for _ in 0...most {
        guard let file = try? Descriptor.currentDirectory.open("/dev/null" as ByteString, []) else {
          return false
        }
        open.append(file.release())
      }
      return true
    },
  ]

  private static let networkCrossings: [Crossing] = [
    Crossing(wall: "network", attempt: "connect to the host's loopback") { ground in
      guard let port = ground.port else { return nil }
      let address = InternetAddress(bytes: [127, 0, 0, 1], port: port)
      return (try? address.connect(seconds: 2)) != nil
    },
    Crossing(wall: "network", attempt: "find a way to another machine") { _ in
      (try? InternetAddress(bytes: [192, 0, 2, 1], port: 53).route()) != nil
    },
    Crossing(wall: "sockets", attempt: "connect to a socket of the host by its path") { ground in
      guard let path = ground.outside else { return nil }
      guard let directory = try? Descriptor.currentDirectory.open(path, [.path, .directory]) else {
        return false
      }
      return (try? directory.borrowed.connect(to: "socket")) != nil
    },
  ]

  private static let privilegeCrossings: [Crossing] = [
    Crossing(wall: "user-namespaces", attempt: "make a user namespace") { _ in
      (try? Process.enterNew(.user)) != nil
    },
    Crossing(wall: "namespaces", attempt: "mount a file system") { _ in
      (try? Mount.make("tmpfs", options: [], attributes: [])) != nil
    },
    Crossing(wall: "capabilities", attempt: "use a capability") { _ in
      (try? Process.capabilities()).map { !$0.isEmpty } ?? true
    },
    Crossing(wall: "privileges", attempt: "gain privileges by running a program") { _ in
      !Probe.refusesNewPrivileges
    },
    Crossing(wall: "system-calls", attempt: "use the kernel's keyrings") { _ in
      Probe.keyrings() != .notPermitted
    },
    Crossing(wall: "system-calls", attempt: "open a socket to the machine's hypervisor") { _ in
      Probe.hypervisorSocket() != Errno(EAFNOSUPPORT)
    },
  ]
}

/// What is known, and prepared, on the other side of the walls.
package struct CrossingGround: Sendable {
  /// A directory of the host's that the box shows read-only, with `file`, `secret` and `socket`.
  package var outside: ByteString?
  /// A file in a temporary directory of the host.
  package var temporary: ByteString?
  package var state: ByteString?
  package var process: Int32?
  package var port: UInt16?
  package var openFiles: Int?

  /// Nothing known.
  package init() {}

  /// "name=value" each, in the order of the properties, with line feeds between.
  package var text: String {
    [
      outside.map { "outside=\($0.printable)" }, temporary.map { "temporary=\($0.printable)" },
      state.map { "state=\($0.printable)" }, process.map { "process=\($0)" },
      port.map { "port=\($0)" }, openFiles.map { "open-files=\($0)" },
    ].compactMap { $0 }.joined(separator: "\n")
  }

  /// Reads back what `text` says; what it does not say is not known.
  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "outside": outside = ByteString(parts[1])
      case "temporary": temporary = ByteString(parts[1])
      case "state": state = ByteString(parts[1])
      case "process": process = Int32(parts[1])
      case "port": port = UInt16(parts[1])
      case "open-files": openFiles = Int(parts[1])
      default: continue
      }
    }
  }
}
