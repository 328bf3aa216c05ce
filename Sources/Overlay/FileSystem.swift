import CFuse
import CLinux
import Glibc
import Linux
import Store
import Synchronization

/// The copy-on-write view of a session's roots, as the kernel asks for it.
///
/// Lock order: `changing` (shared) before a content lock before `tree.lock` before a cache's own.
/// No lock but `changing` and the one content lock of the file itself is held across input or
/// output.
package final class FileSystem: @unchecked Sendable {
  // Invariant: `inodes`, `lowers[].slot` and `linked` are guarded by `tree.lock`.
  let store: SessionStore
  let tree: Tree
  let options: OverlayOptions
  var inodes = InodeTable()
  let lowers: [Lower]
  /// Nodes that names of the lower lead to as well, by the lower's identity.
  var linked: [Identity: LiveNode] = [:]
  /// The lower's directories, by slot.
  let directories: DescriptorCache
  /// Open contents, by slot and purpose.
  let contents: DescriptorCache
  /// Held shared by every change, alone by a step's boundary.
  let changing = SharedLock()
  let contentLocks = LockStripes(count: 64)
  let listings = ListingCache(limit: 16)
  let watch: HostWatch?
  let notices = Notices()
  let seeking = Seeking()
  private(set) var session: OpaquePointer?
  let roster = Roster()
  /// Set once, before the first worker starts.
  private(set) var ways = Devices(patient: -1, eager: -1)
  private var behind: WriteBehind?
  /// Opens the mounted view, which nothing but the mount may hold; set before the service starts.
  package var view: (() throws -> OwnedDescriptor)?
  let ending: OwnedDescriptor
  /// Readable once the kernel has ended the connection.
  package var ended: Descriptor { ending.borrowed }

  /// The place of the directory that holds the roots, which the kernel calls 1.
  ///
  /// 0 where the one root itself is what the kernel calls 1.
  let top: Slot

  /// How long the kernel may trust what only it can change.
  static let settled: Double = 86_400

  /// A file system over a session; each root comes with its open directory.
  package init(store: SessionStore, lowers: consuming [OpenRoot], options: OverlayOptions)
    throws(Errno)
  {
    self.store = store
    tree = store.tree
    let room = Self.spareDescriptors
    directories = DescriptorCache(limit: min(128, room / 3))
    contents = DescriptorCache(limit: min(256, room * 2 / 3))
    self.options = options
    self.lowers = lowers.map { Lower($0) }
    watch = HostWatch()
    ending = try .event()
    top = options.rootIsTop ? 0 : inodes.allocate()
    if top != 0 {
      inodes[top].pointee.kind = .directory
      inodes[top].pointee.lookups = 1
    }
    for index in self.lowers.indices { adoptRoot(index) }
    for node in tree.nodes.values where node.row.flags.contains(.linked) { adoptLink(node) }
    if countsContent { try store.measureContent() }
  }

  /// How many descriptors the process may keep open besides devices, store and what is in use.
  private static var spareDescriptors: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(clamping: limit.rlim_cur) - 48
  }

  private func adoptRoot(_ index: Int) {
    let lower = lowers[index]
    let slot = inodes.allocate()
    let inode = inodes[slot]
    inode.pointee.kind = .directory
    inode.pointee.lookups = 1
    inode.pointee.root = UInt8(index)
    inodes.hash(slot, device: 0, inode: lower.root.inode)
    lower.slot = slot
    if let node = tree.node(lower.root.node) { attach(node, to: slot) }
  }

  func adoptLink(_ node: LiveNode) {
    linked[Identity(device: node.row.originDevice, inode: node.row.originInode)] = node
  }

  /// The file system that a request was sent to.
  static func of(_ request: fuse_req_t) -> FileSystem {
    Unmanaged<FileSystem>.fromOpaque(fuse_req_userdata(request)).takeUnretainedValue()
  }

  /// Lets a place stand for a changed node.
  func attach(_ node: LiveNode, to slot: Slot) {
    inodes[slot].pointee.node = Unmanaged.passRetained(node)
    inodes[slot].pointee.kind = node.row.kind
    node.slot = slot
  }

  /// The place that the kernel means, or ESTALE.
  func slot(_ id: fuse_ino_t) throws(Errno) -> Slot {
    tree.lock.lock()
    defer { tree.lock.unlock() }
    guard inodes.isUsed(UInt64(id)) else { throw .stale }
    return Slot(id)
  }
}

/// What tells two inodes of the host apart.
struct Identity: Hashable {
  let device: UInt64
  let inode: UInt64
}

/// A root and the directory that was opened for it before anything was mounted.
package struct OpenRoot: Sendable {
  package let root: Root
  /// Owned by the file system from then on.
  package let descriptor: Int32

  /// A root and its open directory, given away.
  package init(root: Root, descriptor: consuming OwnedDescriptor) {
    self.root = root
    self.descriptor = descriptor.release()
  }
}

// Service.
extension FileSystem {
  /// How many devices `serve(devices:)` wants.
  package static let deviceCount = 2

  /// Serves a mount: the first device is the mounted one, the second becomes its clone.
  package func serve(devices: [Int32]) throws(Errno) {
    guard let first = devices.first else { throw .noDevice }
    for device in devices.dropFirst() {
      try check { cl_fuse_clone(device, first) }
      try Descriptor(device).setNonBlocking(true)
    }
    // With one processor, who asks again and again only keeps the client from asking.
    let isAlone = sysconf(Int32(_SC_NPROCESSORS_ONLN)) < 2
    ways = Devices(patient: first, eager: isAlone ? -1 : devices.dropFirst().first ?? -1)
    behind = try WriteBehind(store)
    if let session {
      try route(session, device: fuse_session_fd(session))
    } else {
      let made = try makeSession()
      try route(made, device: first)
      session = made
    }
    try notices.start(for: self)
    try watch?.start(for: self)
    try seeking.start(for: self)
    try roster.start(in: self)
  }

  /// Takes over a session that libfuse has mounted.
  func mounted(_ session: OpaquePointer) { self.session = session }

  /// Waits until the kernel has ended the connection.
  package func wait() { stop(joining: true) }

  /// Ends what serves the connection; workers that still wait for the kernel can't be joined.
  func stop(joining: Bool) {
    if joining { roster.join() }
    behind?.stop()
    behind = nil
    watch?.stop()
    notices.stop()
    seeking.stop()
    guard joining else { return }
    for device in [ways.patient, ways.eager] where device >= 0 {
      _ = OwnedDescriptor(owning: device)
    }
    ways = Devices(patient: -1, eager: -1)
  }

  /// Begins a step: what was changed before belongs to the steps before, whole.
  ///
  /// While commands run, the kernel may hold what they wrote; `bringingDown` fetches it first.
  package func beginStep(
    _ kind: Step.Kind, command: [ByteString], message: String = "", bringingDown: Bool = false
  ) -> Step {
    if bringingDown { bringDown() }
    return changing.exclusively { store.beginStep(kind, command: command, message: message) }
  }
}
