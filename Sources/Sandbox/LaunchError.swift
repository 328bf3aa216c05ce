import Linux

/// One step of putting up the walls, in the order they are taken.
package enum LaunchStage: UInt8, Sendable, CaseIterable {
  case threads = 1
  case namespaces
  case identity
  case parentLink
  case controlGroup
  case privateMounts
  case hostView
  case staging
  case fuseDevice
  case fuseMount
  case readOnly
  case scratch
  case root
  case mount
  case devices
  case processes
  case mask
  case newRoot
  case loopback
  case innerNamespace
  case capabilities
  case privileges
  case landlock
  case limits
  case filter
  case talk

  /// What was attempted, as it stands after "cannot".
  package var attempt: String {
    switch self {
    case .threads: "start a box from a process with several threads"
    case .namespaces: "make new namespaces"
    case .identity: "map the user's ids into the outer user namespace"
    case .parentLink: "tie the box to its keeper"
    case .controlGroup: "make a namespace for control groups"
    case .privateMounts: "make the mounts private"
    case .hostView: "copy the host's mounts"
    case .staging: "mount a place to build the view in"
    case .fuseDevice: "open the FUSE device"
    case .fuseMount: "mount FUSE"
    case .readOnly: "make the host's files read-only"
    case .scratch: "mount a private directory"
    case .root: "mount the session's view"
    case .mount: "mount"
    case .devices: "build a minimal /dev"
    case .processes: "mount the box's own /proc"
    case .mask: "mask"
    case .newRoot: "leave the host's root"
    case .loopback: "bring up the loopback interface"
    case .innerNamespace: "make the inner user namespace"
    case .capabilities: "give up the capabilities"
    case .privileges: "refuse new privileges"
    case .landlock: "put up Landlock"
    case .limits: "set the limits"
    case .filter: "install the filter of system calls"
    case .talk: "talk to the box"
    }
  }
}

/// A wall that could not be put up: the stage, what it was about, the errno and what helps.
package struct LaunchError: Error, Equatable, Sendable {
  package let stage: LaunchStage
  package let errno: Errno
  /// The path, or other detail, that the stage was about.
  package let detail: ByteString?

  /// A failure at a stage.
  package init(_ stage: LaunchStage, _ errno: Errno, _ detail: ByteString? = nil) {
    self.stage = stage
    self.errno = errno
    self.detail = detail
  }

  /// Whether the system lacks or forbids what a wall is made of, so that `run` ends with 6.
  package var isMissingWall: Bool {
    switch stage {
    case .threads, .talk, .mount, .root: false
    default: true
    }
  }

  /// What a user can do about it, or nil where nothing general helps.
  package var remedy: String? { Remedy.find(for: self) }
}

extension LaunchError: CustomStringConvertible {
  package var description: String {
    let what = detail.map { "\(stage.attempt) '\($0.printable)'" } ?? stage.attempt
    return "cannot \(what): \(errno)"
  }
}
