import CLinux

// Modes, owners, times.
extension Scenario {
  static let attributes: [Scenario] = [
    Scenario(
      "times are kept to the nanosecond, with OMIT and NOW",
      .setTimes("a", accessed: .omit, modified: .at(seconds: 5, nanoseconds: 999_999_999)),
      .setTimes("d", accessed: .at(seconds: 77, nanoseconds: 1), modified: .omit),
      .setTimes("b", accessed: .now, modified: .omit),
      .setTimes("c", accessed: .omit, modified: .now),
      .setTimes("x", accessed: .omit, modified: .omit), .compare,
      .open(0, "a", .writeOnly, mode: 0), .write(0, at: 0, count: 1, seed: 1), .compare,
      .setTimes("a", accessed: .omit, modified: .at(seconds: 6, nanoseconds: 7)), .compare,
      .close(0), .compare, .remount, .compare,
      .setTimes("none", accessed: .omit, modified: .omit),
      .setTimes("none", accessed: .now, modified: .now)),
    Scenario(
      "set-id bits go when a file is written, truncated or given away by who may not keep them",
      .changeMode("a", 0o6755), .changeOwner("a", user: 1000, group: 1000), .status("a"),
      .changeMode("a", 0o6777), .actAs(user: 7, group: 7), .open(0, "a", .writeOnly, mode: 0),
      .write(0, at: 0, count: 1, seed: 1), .statusOpen(0), .compare, .actAs(user: 0, group: 0),
      .changeMode("a", 0o6777), .actAs(user: 7, group: 7), .truncate("a", size: 10), .status("a"),
      .actAs(user: 0, group: 0), .changeMode("a", 0o2767), .actAs(user: 7, group: 7),
      .write(0, at: 0, count: 1, seed: 1), .statusOpen(0), .actAs(user: 0, group: 0),
      .open(1, "suid", .writeOnly, mode: 0), .write(1, at: 0, count: 1, seed: 1), .status("suid"),
      .truncate("suid", size: 5), .status("suid"), .changeOwner("d/e", user: 7, group: 7),
      .status("d/e"), .compare, .remount, .compare),
    Scenario(
      "permissions are the kernel's to check, as on ext4",
      .actAs(user: 1000, group: 1000), .open(0, "secret", .readOnly, mode: 0),
      .open(0, "a", .writeOnly, mode: 0), .open(0, "b", .readWrite, mode: 0),
      .write(0, at: 0, count: 5, seed: 1), .list("closed"), .status("closed/a"),
      .makeDirectory("x", mode: 0o755), .makeDirectory("d/e/x", mode: 0o755),
      .rename("d/e/a", to: "d/e/x/a", []), .rename("d/e/a", to: "d/x", []), .unlink("a"),
      .changeMode("a", 0o777), .changeMode("b", 0o600), .changeOwner("b", user: 7, group: 7),
      .changeOwner("b", user: 1000, group: 1000), .setTimes("a", accessed: .now, modified: .now),
      .setTimes("b", accessed: .now, modified: .at(seconds: 3, nanoseconds: 4)),
      .setAttribute("a", "user.one", count: 3, seed: 1, flags: 0),
      .setAttribute("b", "user.one", count: 3, seed: 1, flags: 0), .truncate("a", size: 1),
      .link("secret", to: "d/e/hard"), .actAs(user: 0, group: 0), .compare),
    Scenario(
      "the mask for new files is the caller's",
      .umask(0o077), .makeDirectory("n", mode: 0o777), .makeNode("p", kind: .fifo, mode: 0o666),
      .open(0, "f", [.create, .writeOnly], mode: 0o666), .umask(0o777),
      .open(1, "g", [.create, .readWrite], mode: 0o666), .write(1, at: 0, count: 10, seed: 1),
      .umask(0o022), .openTemporary(2, in: ".", mode: 0o666), .linkOpen(2, to: "t"), .compare),
    Scenario(
      "attributes of a file are changed without its content, which stays the lower's",
      .changeMode("big", 0o600), .changeOwner("big", user: .max, group: .max),
      .setAttribute("big", "user.one", count: 9, seed: 1, flags: 0), .compare, .remount, .compare,
      .boundary, .removeAttribute("big", "user.one"), .boundary,
      .removeAttribute("x", "user.two"), .rename("x", to: "d/x", []), .remount, .compare),
  ]
}
