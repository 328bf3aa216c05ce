/// The capabilities of Linux by the names that people write, as data.
enum Capabilities {
  /// Without "CAP_", lower case, in the kernel's order.
  static let names = """
    chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
    net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio
    sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time
    sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog
    wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore
    """.split(whereSeparator: \.isWhitespace).map(String.init)

  /// The name without "CAP_", in small letters.
  static func plain(_ name: String) -> String {
    let name = name.lowercased()
    return name.hasPrefix("cap_") ? String(name.dropFirst(4)) : name
  }
}
