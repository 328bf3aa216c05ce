import CLinux
import Glibc
import Linux
import Overlay
import Store

// What must hold when something around the overlay fails.
extension Scenario {
  static let faults: [Scenario] = [
    Scenario("a full disk of the store is ENOSPC, and loses nothing that was acknowledged") {
      try FullDisk(place: $0).run()
    },
    Scenario("the session's size and number of files have their limit, before anything is torn") {
      try limits($0)
    },
    Scenario("few descriptors are enough for many files") { try fewDescriptors($0) },
    Scenario("a lower that is mounted read-only is as good as any") { try readOnlyLower($0) },
    Scenario("a file that the host takes away is an error, not a hang, and harms nobody else") {
      try vanishing($0)
    },
    Scenario("what the host edits shows within a second, and never half of it") {
      try hostEdits($0)
    },
    Scenario("device nodes are refused") { try devices($0) },
    Scenario("a server that dies leaves its clients an error at once") { try death($0) },
    Scenario("of a large file with holes the store keeps what was written, and no more") {
      try sparse($0)
    },
  ]

  private static func open(_ path: ByteString) throws(Errno) -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(path, [.directory])
  }

  static func make(_ directory: Descriptor, _ name: String, _ bytes: [UInt8]) throws(Errno) {
    let file = try directory.open(
      ByteString(name), [.create, .writeOnly, .truncate], mode: 0o644)
    try file.borrowed.write(bytes)
    try file.close()
  }

  static func read(_ directory: Descriptor, _ name: String) throws(Errno) -> [UInt8] {
    let file = try directory.open(ByteString(name), [])
    return try file.borrowed.readAll(limit: 1 << 27)
  }

  private static func limits(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    try make(lower.borrowed, "large", pattern(1, 3_000_000))
    try Workspace.enterNamespace()
    let view = try View(place) {
      $0.maximumSize = 1_000_000
      $0.maximumFiles = 20
    }
    let root = try view.root()
    try make(root.borrowed, "kept", pattern(2, 500_000))
    let file = try root.borrowed.open("more", [.create, .readWrite], mode: 0o644)
    var failure: Errno?
    do throws(Errno) {
      for _ in 0..<10 { try file.borrowed.write(pattern(3, 100_000)) }
      try file.borrowed.synchronize()
    } catch { failure = error }
    guard failure == .noSpace else {
      return "writing past the limit: \(String(describing: failure))"
    }
    if try read(root.borrowed, "kept") != pattern(2, 500_000) { return "'kept' is torn" }
    failure = nil
    do throws(Errno) {
      for index in 0..<40 { try root.borrowed.makeDirectory(ByteString("d\(index)")) }
    } catch { failure = error }
    guard failure == .noSpace else { return "files past the limit: \(String(describing: failure))" }
    return nil
  }

  private static func fewDescriptors(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    for index in 0..<300 {
      try lower.borrowed.makeDirectory(ByteString("d\(index)"), mode: 0o755)
      try make(lower.borrowed, "d\(index)/f", pattern(UInt64(index), 1000))
    }
    try Workspace.enterNamespace()
    let view = try View(place) { _ in
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
    let root = try view.root()
    for round in 0..<2 {
      for index in 0..<300 {
        if try read(root.borrowed, "d\(index)/f") != pattern(UInt64(index + round), 1000) {
          return "d\(index)/f is wrong in round \(round)"
        }
        try make(root.borrowed, "d\(index)/f", pattern(UInt64(index + round + 1), 1000))
      }
    }
    return nil
  }

  private static func readOnlyLower(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    try make(lower.borrowed, "file", pattern(1, 1000))
    try Workspace.enterNamespace()
    try place.lower.withCString { path throws(Errno) in
      _ = try check { Glibc.mount(path, path, nil, UInt(MS_BIND), nil) }
      let flags = UInt(MS_BIND | MS_REMOUNT | MS_RDONLY)
      _ = try check { Glibc.mount(path, path, nil, flags, nil) }
    }
    let view = try View(place)
    let root = try view.root()
    let file = try root.borrowed.open("file", [.writeOnly, .append])
    try file.borrowed.write(pattern(2, 10))
    try file.close()
    try root.borrowed.rename("file", to: root.borrowed, "moved")
    let found = try read(root.borrowed, "moved")
    return found == pattern(1, 1000) + pattern(2, 10) ? nil : "the content is wrong"
  }

  private static func vanishing(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    for name in ["gone", "there", "changed"] {
      try make(lower.borrowed, name, pattern(1, 300_000))
    }
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    let opened = try root.borrowed.open("gone", [])
    _ = try root.borrowed.status(of: "changed")
    try lower.borrowed.remove("gone")
    try lower.borrowed.remove("changed")
    try lower.borrowed.makeDirectory("changed", mode: 0o755)
    do throws(Errno) {
      _ = try opened.borrowed.readAll(limit: 1 << 20)
      return "what is gone was read"
    } catch {
      guard [ENOENT, ESTALE, EIO].contains(error.rawValue) else { return "reading: \(error)" }
    }
    do throws(Errno) {
      try make(root.borrowed, "gone/x", [])
      return "a name was made below what is gone"
    } catch {
      guard [ENOENT, ENOTDIR, ESTALE].contains(error.rawValue) else { return "making: \(error)" }
    }
    // The name is cached until the host's word arrives.
    let deadline = Timestamp.now.nanoseconds + 1_500_000_000
    while true {
      do throws(Errno) {
        try make(root.borrowed, "gone", pattern(3, 10))
        break
      } catch  where Timestamp.now.nanoseconds > deadline { throw error } catch { continue }
    }
    if try read(root.borrowed, "gone") != pattern(3, 10) { return "the new file is wrong" }
    return try read(root.borrowed, "there") == pattern(1, 300_000) ? nil : "'there' is wrong"
  }

  private static func hostEdits(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    try lower.borrowed.makeDirectory("d", mode: 0o755)
    try make(lower.borrowed, "d/f", pattern(0, 200_000))
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    for round in 1...6 {
      let before = try read(root.borrowed, "d/f")
      try make(lower.borrowed, "d/new", pattern(UInt64(round), 200_000 + round))
      try lower.borrowed.rename("d/new", to: lower.borrowed, "d/f")
      let expected = pattern(UInt64(round), 200_000 + round)
      let deadline = Timestamp.now.nanoseconds + 1_500_000_000
      while true {
        let found = try read(root.borrowed, "d/f")
        if found == expected { break }
        if found != before { return "round \(round): half of a file, \(found.count) bytes" }
        if Timestamp.now.nanoseconds > deadline { return "round \(round): still the old file" }
      }
    }
    return nil
  }

  private static func devices(_ place: Workspace) throws -> String? {
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    for kind in [FileKind.characterDevice, .blockDevice] {
      do throws(Errno) {
        try root.borrowed.makeNode("null", mode: kind.modeBits | 0o666, device: 0x103)
        return "a device was made"
      } catch { if error != .notPermitted { return "\(error)" } }
    }
    return nil
  }

  private static func death(_ place: Workspace) throws -> String? {
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    try make(root.borrowed, "kept", pattern(1, 100))
    let kept = try root.borrowed.open("kept", [.readWrite])
    try kept.borrowed.synchronize()
    Glibc.kill(view.server, SIGKILL)
    waitpid(view.server, nil, 0)
    do throws(Errno) {
      try root.borrowed.makeDirectory("more")
      return "a dead server made a directory"
    } catch {
      guard error.rawValue == ENOTCONN || error.rawValue == ECONNABORTED else { return "\(error)" }
    }
    view.kill()
    try view.start()
    let again = try view.root()
    return try read(again.borrowed, "kept") == pattern(1, 100) ? nil : "'kept' is lost"
  }

  private static func append(_ byte: UInt8, to name: ByteString, in view: View) throws(Errno) {
    let root = try view.root()
    let opened = try root.borrowed.open(name, [.writeOnly, .append])
    try opened.borrowed.write([byte])
    try opened.close()
  }

  private static func sparse(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    let file = try lower.borrowed.open("large", [.create, .readWrite], mode: 0o644)
    try file.borrowed.truncate(to: 200 << 20)
    try file.borrowed.write(pattern(1, 50 << 20))
    try file.close()
    try Workspace.enterNamespace()
    let view = try View(place)
    try append(1, to: "large", in: view)
    try view.quit()
    let objects = try open(place.state.appending("objects"))
    var blocks: Int64 = 0
    for name in try objects.borrowed.entryNames() {
      blocks += Int64(try objects.borrowed.status(of: name).raw.st_blocks)
    }
    return blocks <= 64 ? nil : "one byte costs \(blocks / 2) KiB"
  }
}

/// A store on a file system of sixteen megabytes.
private struct FullDisk {
  let place: Workspace

  func run() throws -> String? {
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    for index in 0..<4 {
      try Scenario.make(lower.borrowed, "l\(index)", pattern(UInt64(index), 900_000))
    }
    try Workspace.enterNamespace()
    try place.state.withCString { path throws(Errno) in
      _ = try check { Glibc.mount("none", path, "tmpfs", 0, "size=16m") }
    }
    let view = try View(place)
    var root = try view.root()
    var kept: [String: [UInt8]] = [:]
    let failure = fill(root.borrowed, &kept)
    guard failure == .noSpace else { return "filling: \(String(describing: failure))" }
    if let text = try judge(root.borrowed, kept) { return "when full: \(text)" }
    if let text = tryToChange(root.borrowed) { return text }
    // Room again: what is deleted comes back as space, and everything goes on.
    guard kept.count > 20 else { return "only \(kept.count) files were kept" }
    for name in kept.keys.sorted().prefix(20) {
      try root.borrowed.remove(ByteString(name))
      kept[name] = nil
    }
    for index in 0..<200 { try? root.borrowed.remove(ByteString("torn\(index)")) }
    _ = try view.boundary()
    _ = try view.boundary()
    try Scenario.make(root.borrowed, "after", pattern(9, 20_000))
    kept["after"] = pattern(9, 20_000)
    root = OwnedDescriptor(owning: -1)
    try view.remount()
    let again = try view.root()
    return try judge(again.borrowed, kept).map { "after the remount: \($0)" }
  }

  /// Writes and synchronises files until one does not fit.
  private func fill(_ root: Descriptor, _ kept: inout [String: [UInt8]]) -> Errno? {
    for index in 0..<200 {
      let bytes = pattern(UInt64(index), 400_000)
      do throws(Errno) {
        let file = try root.open(
          ByteString("torn\(index)"), [.create, .writeOnly], mode: 0o644)
        try file.borrowed.write(bytes)
        try file.borrowed.synchronize()
        try root.rename(ByteString("torn\(index)"), to: root, ByteString("f\(index)"))
        kept["f\(index)"] = bytes
      } catch { return error }
    }
    return nil
  }

  /// Copy-up with no room for it: ENOSPC, and the file is what it was.
  private func tryToChange(_ root: Descriptor) -> String? {
    do throws(Errno) {
      for index in 0..<4 {
        let file = try root.open(ByteString("l\(index)"), [.readWrite])
        try file.borrowed.write([1])
        try file.borrowed.synchronize()
      }
      return "copies were made without room"
    } catch {
      return error == .noSpace ? nil : "copying up: \(error)"
    }
  }

  private func judge(_ root: Descriptor, _ kept: [String: [UInt8]]) throws(Errno) -> String? {
    for (name, bytes) in kept where try Scenario.read(root, name) != bytes {
      return "'\(name)' is not what was acknowledged"
    }
    return nil
  }
}
