import Glibc
import Linux

/// What the system itself shows: devices and processes.
extension FileView {
  /// Copies the device nodes that every program may rely on.
  func gatherDevices() throws(LaunchError) {
    let usual: [ByteString] = ["null", "zero", "full", "random", "urandom", "tty"]
    for name in usual + (plan.nests ? ["fuse"] : []) {
      let path = ByteString("/dev").appending(name)
      let node = try at(.devices, path) { () throws(Errno) in
        try Descriptor.currentDirectory.copyMount(path)
      }
      deviceNodes.append((name, Descriptor(node.release())))
    }
  }

  /// Mounts a /dev of few nodes with terminals and shared memory of its own.
  func mountDevices(_ step: ViewStep) throws(LaunchError) {
    try at(.devices) { () throws(Errno) in
      let dev = try Mount.make(
        "tmpfs", options: [("mode", "0755"), ("size", "1m")],
        attributes: [.noSetID, .noPrograms])
      try fillDevices(dev.borrowed)
      try attach(dev.borrowed, for: step)
      for node in deviceNodes {
        let target = try dev.borrowed.open(node.name, .path)
        // Reading and writing devices needs no writable mount; changing their modes does, which
        // user 0 could by ownership alone.
        try node.copy.restrictMount([.noSetID, .noPrograms, .readOnly])
        try node.copy.attach(on: target.borrowed)
      }
      try mountTerminals(on: dev.borrowed)
      let shared = try Mount.make(
        "tmpfs", options: [("mode", "1777")] + sizeOption, attributes: [.noSetID, .noDevices])
      let place = try dev.borrowed.open("shm", [.path, .directory])
      try shared.borrowed.attach(on: place.borrowed)
    }
  }

  private var sizeOption: [(String, String?)] {
    plan.scratchSize.map { [("size", String($0))] } ?? []
  }

  private func fillDevices(_ dev: Descriptor) throws(Errno) {
    for node in deviceNodes {
      _ = try dev.open(node.name, [.create, .exclusive], mode: 0o666)
    }
    try dev.makeDirectory("pts", mode: 0o755)
    try dev.makeDirectory("shm", mode: 0o755)
    let links: [(ByteString, ByteString)] = [
      ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
      ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
    ]
    for (name, target) in links { try dev.makeSymlink(name, to: target) }
  }

  private func mountTerminals(on dev: Descriptor) throws(Errno) {
    let terminals = try Mount.make(
      "devpts", options: [("newinstance", nil), ("ptmxmode", "0666"), ("mode", "0620")],
      attributes: [.noSetID, .noPrograms])
    let place = try dev.open("pts", [.path, .directory])
    try terminals.borrowed.attach(on: place.borrowed)
  }

  /// Mounts the box's own /proc, with what reaches the whole machine covered or read-only.
  ///
  /// The kernel gives no new one to who sees a /proc with covered parts, as the commands of a box do:
  /// a box in a box shows the outer one's, which has its covers already. Its numbers are the outer
  /// box's; what goes on there is hidden, and closed to a user namespace below (ptrace(2)).
  func mountProcesses(_ step: ViewStep) throws(LaunchError) {
    try at(.processes) { () throws(Errno) in
      let proc: OwnedDescriptor
      do throws(Errno) {
        proc = try Mount.make(
          "proc", options: [("hidepid", "ptraceable")],
          attributes: [.noSetID, .noDevices, .noPrograms])
      } catch .notPermitted where MountTable.isOfBox("/proc") {
        let outer = try Descriptor.currentDirectory.copyMount("/proc", recursive: true)
        return try attach(outer.borrowed, for: step)
      }
      try attach(proc.borrowed, for: step)
      for name in Self.readOnlyInProc {
        do throws(Errno) {
          let copy = try proc.borrowed.copyMount(name, recursive: true)
          try copy.borrowed.restrictMount(.readOnly, recursive: true)
          let place = try proc.borrowed.open(name, .path)
          try copy.borrowed.attach(on: place.borrowed)
        } catch .noEntry {}
      }
      for name in Self.hiddenInProc {
        do throws(Errno) {
          let place = try proc.borrowed.open(name, .path)
          try cover(place.borrowed)
        } catch .noEntry {}
      }
    }
  }

  /// User 0 writes these by ownership alone, without a capability (proc(5), sysctl).
  private static let readOnlyInProc: [ByteString] = ["sys", "irq", "bus", "fs", "mtrr"]

  private static let hiddenInProc: [ByteString] = [
    "acpi", "asound", "kallsyms", "kcore", "key-users", "keys", "kmsg",
    "kpagecgroup", "kpagecount", "kpageflags", "latency_stats", "sched_debug", "scsi", "slabinfo",
    "sysrq-trigger", "timer_list", "timer_stats", "vmallocinfo", "vmcore",
  ]
}
