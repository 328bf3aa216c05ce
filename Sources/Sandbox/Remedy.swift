import Linux

/// What helps when the system refuses a wall.
enum Remedy {
  /// The remedy for a failed stage on this machine.
  static func find(for error: LaunchError) -> String? {
    switch (error.stage, error.errno) {
    case (.namespaces, .notPermitted) where MountTable.isOfBox("/proc"),
      (.fuseDevice, _) where MountTable.isOfBox("/proc"):
      "this is a session already; 'cowbox run --nest' outside lets cowbox run in it"
    case (.identity, .notPermitted) where Process.user == 0 && MountTable.isOfBox("/proc"):
      "user 0 of a session can't map itself (CAP_SETFCAP); start the outer 'cowbox run --nest' as"
        + " another user"
    case (.namespaces, .noSpace): tooManyNamespaces
    case (.namespaces, .noSystemCall), (.namespaces, .invalid):
      "the kernel needs CONFIG_USER_NS and the namespaces of Linux 5.12 or newer"
    case (.namespaces, .notPermitted), (.identity, .notPermitted), (.identity, .accessDenied),
      (.privateMounts, _), (.staging, .notPermitted), (.staging, .accessDenied):
      userNamespaces
    case (.innerNamespace, .noSpace): tooManyNamespaces
    case (.innerNamespace, _): userNamespaces
    case (.fuseDevice, .noEntry), (.fuseDevice, .noDevice):
      "load the module with 'modprobe fuse', and give the container its device (--device /dev/fuse)"
    case (.fuseDevice, .accessDenied), (.fuseDevice, .notPermitted):
      "let users open it: 'chmod 0666 /dev/fuse', as udev does on every desktop"
    case (.fuseMount, _): "the kernel needs CONFIG_FUSE_FS and Linux 4.18 or newer"
    case (.processes, .notPermitted):
      "a container that covers parts of /proc forbids a new one; start it with an unmasked /proc"
    case (.readOnly, .noSystemCall), (.hostView, .noSystemCall):
      "the kernel needs mount_setattr(2), Linux 5.12 or newer"
    case (.filter, _): "the kernel needs CONFIG_SECCOMP_FILTER"
    case (.landlock, _):
      "the kernel needs Landlock in CONFIG_LSM; or say mode = \"off\" under [landlock] of the profile"
    case (.limits, _):
      "only a control group holds it: 'systemd-run --user --scope -p Delegate=yes cowbox ...',"
        + " or give cowbox's group to the user"
    default: nil
    }
  }

  private static let tooManyNamespaces =
    "raise the number of user namespaces: 'sysctl user.max_user_namespaces=15000'"

  private static var userNamespaces: String {
    if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
      return "AppArmor restricts user namespaces: install cowbox's AppArmor profile "
        + "('cowbox doctor' says how), or 'sysctl kernel.apparmor_restrict_unprivileged_userns=0'"
    }
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
      return "allow user namespaces: 'sysctl kernel.unprivileged_userns_clone=1'"
    }
    if setting("/proc/sys/user/max_user_namespaces") == "0" { return tooManyNamespaces }
    return "allow user namespaces; inside a container, its seccomp or AppArmor profile forbids them"
  }

  private static func setting(_ path: ByteString) -> String? {
    // Failure does not matter: a setting that is missing can't be the cause.
    guard let file = try? Descriptor.currentDirectory.open(path, .readOnly),
      let bytes = try? file.borrowed.readAll(limit: 64)
    else { return nil }
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }
}
