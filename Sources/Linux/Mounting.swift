import CLinux
import Glibc

/// What a mount forbids.
package struct MountAttributes: OptionSet, Sendable {
  package let rawValue: UInt64
  /// Attributes as mount_setattr(2) numbers them.
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// MOUNT_ATTR_RDONLY.
  package static let readOnly = MountAttributes(rawValue: 1)
  /// MOUNT_ATTR_NOSUID.
  package static let noSetID = MountAttributes(rawValue: 2)
  /// MOUNT_ATTR_NODEV.
  package static let noDevices = MountAttributes(rawValue: 4)
  /// MOUNT_ATTR_NOEXEC.
  package static let noPrograms = MountAttributes(rawValue: 8)
}

/// Mounts as descriptors: made detached, changed, then attached where they belong.
package enum Mount {
  /// Makes every mount of this namespace private, so that nothing propagates in or out.
  ///
  /// The corresponding system call is `mount(2)` with `MS_REC | MS_PRIVATE`.
  package static func makeAllPrivate() throws(Errno) {
    try check { mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
  }

  /// A new file system of a type with its options, detached.
  ///
  /// The corresponding system calls are `fsopen(2)`, `fsconfig(2)` and `fsmount(2)`.
  package static func make(
    _ type: StaticString, options: [(String, String?)], attributes: MountAttributes
  ) throws(Errno) -> OwnedDescriptor {
    let name = UnsafeRawPointer(type.utf8Start).assumingMemoryBound(to: CChar.self)
    let context = OwnedDescriptor(owning: try check { fsopen(name, UInt32(FSOPEN_CLOEXEC)) })
    for (key, value) in [("source", "cowbox")] + options {
      try check {
        value.map { fsconfig(context.raw, FSCONFIG_SET_STRING.rawValue, key, $0, 0) }
          ?? fsconfig(context.raw, FSCONFIG_SET_FLAG.rawValue, key, nil, 0)
      }
    }
    try check { fsconfig(context.raw, FSCONFIG_CMD_CREATE.rawValue, nil, nil, 0) }
    let mounted = try check {
      fsmount(context.raw, UInt32(FSMOUNT_CLOEXEC), UInt32(attributes.rawValue))
    }
    return OwnedDescriptor(owning: mounted)
  }

  /// Mounts FUSE for a device on a path; returns when the kernel has sent its first request.
  ///
  /// The corresponding system call is `mount(2)`.
  package static func makeFuse(
    at path: ByteString, device: Descriptor, user: UInt32, group: UInt32
  ) throws(Errno) {
    let options =
      "fd=\(device.raw),rootmode=40000,user_id=\(user),group_id=\(group),"
      + "allow_other,default_permissions,max_read=1048576"
    _ = try path.withCString { path throws(Errno) in
      try check { mount("cowbox", path, "fuse", UInt(MS_NOSUID | MS_NODEV), options) }
    }
  }
}

extension Descriptor {
  /// A detached copy of the mount at a path, with the mounts below it where `recursive` says so.
  ///
  /// The corresponding system call is `open_tree(2)` with `OPEN_TREE_CLONE`.
  package func copyMount(_ path: ByteString, recursive: Bool = false) throws(Errno)
    -> OwnedDescriptor
  {
    let flags = 1 | UInt32(O_CLOEXEC) | UInt32(AT_EMPTY_PATH) | (recursive ? 0x8000 : 0)
    return OwnedDescriptor(
      owning: try path.withCString { path throws(Errno) in
        try check { open_tree(raw, path, flags) }
      })
  }

  /// Attaches this detached mount on what another descriptor stands for.
  ///
  /// The corresponding system call is `move_mount(2)`.
  package func attach(on target: Descriptor) throws(Errno) {
    // MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
    try check { move_mount(raw, "", target.raw, "", 0x44) }
  }

  /// Adds attributes to the mount at a path below, and to those under it where `recursive` says so.
  ///
  /// The corresponding system call is `mount_setattr(2)`.
  package func restrictMount(
    _ attributes: MountAttributes, at path: ByteString = "", recursive: Bool = false
  ) throws(Errno) {
    let flags = UInt32(AT_EMPTY_PATH) | (recursive ? UInt32(AT_RECURSIVE) : 0)
    _ = try path.withCString { path throws(Errno) in
      try check { cl_set_mount_attributes(raw, path, flags, attributes.rawValue, 0) }
    }
  }

  /// Makes this directory the root of the process, and lets go of the old root for good.
  ///
  /// The corresponding system calls are `pivot_root(2)` and `umount2(2)` with `MNT_DETACH`.
  package func becomeRoot() throws(Errno) {
    try check { fchdir(raw) }
    try check { cl_pivot_root(".", ".") }
    // The old root is now mounted over the new one; "." still means it (pivot_root(2), NOTES).
    try check { umount2(".", Int32(MNT_DETACH)) }
    try check { chdir("/") }
  }

  /// Lets this unconnected FUSE device serve the mount of another.
  ///
  /// The corresponding system call is `ioctl(2)` with `FUSE_DEV_IOC_CLONE`.
  package func joinFuse(of mounted: Descriptor) throws(Errno) {
    try check { cl_clone_fuse_device(raw, mounted.raw) }
  }
}
