import Linux

/// Groups of the kernel's that a box's processes are in, and what they hold together.
///
/// Version 2 is used where a group above is the user's to divide (delegated), version 1 where its
/// directories are; what neither can hold is left to others.
final class ControlGroup {
  /// One directory that was made, for some controllers.
  private struct Part {
    let directory: ByteString
    let isUnified: Bool
    let controllers: [SharedLimits.Controller]
  }

  private var parts: [Part] = []

  deinit { remove() }

  /// Makes the groups for as many of the limits as the machine lets us.
  init(for limits: SharedLimits, in tree: ControlGroupTree = .ofProcess()) {
    var wanted = limits.controllers
    if let unified = tree.unified, !wanted.isEmpty,
      let part = Self.makeUnified(for: wanted, at: unified.own, top: unified.mount)
    {
      take(part, limits)
      wanted.removeAll(where: holds)
    }
    for controller in wanted {
      guard let own = tree.separate[controller.rawValue] else { continue }
      // Controllers that are mounted together share their directories.
      let shared = parts.first { $0.directory.parent == own }?.directory
      guard let made = shared ?? Self.makeDirectory(in: own) else { continue }
      take(Part(directory: made, isUnified: false, controllers: [controller]), limits)
    }
  }

  /// Whether a limit is held by a group.
  func holds(_ controller: SharedLimits.Controller) -> Bool {
    parts.contains { $0.controllers.contains(controller) }
  }

  /// Which version holds a limit, in words; nil where none does.
  func version(of controller: SharedLimits.Controller) -> String? {
    parts.first { $0.controllers.contains(controller) }.map {
      "control group, version \($0.isUnified ? 2 : 1)"
    }
  }

  /// Moves a process into the groups; all that it starts is born there.
  func add(_ process: Int32) throws(Errno) {
    for part in parts {
      try Self.write("\(process)", to: part.directory.appending("cgroup.procs"))
    }
  }

  /// How often a limit was hit: processes killed for want of memory, or never born.
  func hits(of controller: SharedLimits.Controller) -> Int {
    guard let part = parts.first(where: { $0.controllers.contains(controller) }) else { return 0 }
    let (file, key): (ByteString, String) =
      switch (controller, part.isUnified) {
      case (.memory, true): ("memory.events", "oom_kill")
      case (.memory, false): ("memory.oom_control", "oom_kill")
      default: ("pids.events", "max")
      }
    return Self.lines(part.directory.appending(file))
      .first { $0.first == key }.flatMap { $0.last }.flatMap { Int($0) } ?? 0
  }

  /// Takes the groups away; the processes in them must have ended.
  func remove() {
    for part in parts {
      // Failure does not matter: a group that is left over is empty, and the next sweep takes it.
      try? Descriptor.currentDirectory.remove(part.directory, isDirectory: true)
    }
    parts = []
  }

  /// Sets the limits of a part; a controller that does not take its limit is not held by it.
  private func take(_ part: Part, _ limits: SharedLimits) {
    let held = part.controllers.filter { controller in
      guard let most = limits[controller] else { return false }
      return Self.set(controller, most, in: part)
    }
    parts.append(Part(directory: part.directory, isUnified: part.isUnified, controllers: held))
    if held.isEmpty { try? Descriptor.currentDirectory.remove(part.directory, isDirectory: true) }
    parts.removeAll { $0.controllers.isEmpty }
  }

  private static func set(_ controller: SharedLimits.Controller, _ most: UInt64, in part: Part)
    -> Bool
  {
    func put(_ text: String, _ file: ByteString) -> Bool {
      (try? write(text, to: part.directory.appending(file))) != nil
    }
    switch (controller, part.isUnified) {
    case (.memory, true):
      // What can't be kept in memory must not go on in swap; a kernel without swap has no such file.
      _ = put("0", "memory.swap.max")
      return put("\(most)", "memory.max")
    case (.memory, false):
      guard put("\(most)", "memory.limit_in_bytes") else { return false }
      _ = put("\(most)", "memory.memsw.limit_in_bytes")
      return true
    // Two of them are cowbox's own: the init, and the leader of a terminal.
    case (.processes, _): return put("\(most + 2)", "pids.max")
    case (.processors, true): return put("\(most * 100) 100000", "cpu.max")
    case (.processors, false):
      return put("100000", "cpu.cfs_period_us") && put("\(most * 100)", "cpu.cfs_quota_us")
    }
  }

  /// A group below the nearest one from our own upwards that may be divided.
  private static func makeUnified(
    for wanted: [SharedLimits.Controller], at own: ByteString, top: ByteString
  ) -> Part? {
    var place = own
    while true {
      let given = enabled(wanted, in: place)
      if !given.isEmpty, mayMove(from: place), let made = makeDirectory(in: place) {
        return Part(directory: made, isUnified: true, controllers: given)
      }
      if place == top || !place.isWithin(top) { return nil }
      place = place.parent
    }
  }

  /// The controllers that the children of a group have, after asking for those they lack.
  private static func enabled(_ wanted: [SharedLimits.Controller], in place: ByteString)
    -> [SharedLimits.Controller]
  {
    let control = place.appending("cgroup.subtree_control")
    let available = Set(lines(place.appending("cgroup.controllers")).first ?? [])
    let present = Set(lines(control).first ?? [])
    return wanted.filter { controller in
      let name = controller.rawValue
      if present.contains(name) { return true }
      // EBUSY where the group has processes of its own; then one above may do.
      return available.contains(name) && (try? write("+\(name)", to: control)) != nil
    }
  }

  /// A process may be moved by who may write the procs of the group above both places.
  private static func mayMove(from place: ByteString) -> Bool {
    (try? Descriptor.currentDirectory.open(place.appending("cgroup.procs"), .writeOnly)) != nil
  }

  private static func makeDirectory(in place: ByteString) -> ByteString? {
    sweep(place)
    let path = place.appending(ByteString("\(prefix)\(Process.id)"))
    return (try? Descriptor.currentDirectory.makeDirectory(path, mode: 0o755)) == nil ? nil : path
  }

  private static let prefix = "cowbox-"

  /// Removes the groups of keepers that were killed; those with processes in them stay by themselves.
  private static func sweep(_ place: ByteString) {
    guard let directory = try? Descriptor.currentDirectory.open(place, [.directory]),
      let names = try? directory.borrowed.entryNames()
    else { return }
    for name in names {
      guard let text = name.string, text.hasPrefix(prefix),
        let process = Int32(text.dropFirst(prefix.count))
      else { continue }
      do throws(Errno) { try Process.signal(process, 0) } catch Errno(3) {  // ESRCH
        try? directory.borrowed.remove(name, isDirectory: true)
      } catch {}
    }
  }

  private static func write(_ text: String, to path: ByteString) throws(Errno) {
    let file = try Descriptor.currentDirectory.open(path, .writeOnly)
    try file.borrowed.write(Array(text.utf8))
  }

  private static func lines(_ path: ByteString) -> [[String]] {
    // Failure does not matter: a file that is missing says nothing.
    guard let file = try? Descriptor.currentDirectory.open(path, .readOnly),
      let bytes = try? file.borrowed.readAll(limit: 1 << 16)
    else { return [] }
    return bytes.split(separator: 0x0A).map { line in
      line.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
