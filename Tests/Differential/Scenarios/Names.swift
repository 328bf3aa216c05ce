import CLinux

// Names, kinds and the errors that go with them.
extension Scenario {
  static let names: [Scenario] = [
    Scenario(
      "rename with NOREPLACE and EXCHANGE does and refuses what ext4 does",
      .rename("a", to: "b", .noReplace), .rename("a", to: "new", .noReplace),
      .rename("new", to: "none", .exchange), .rename("new", to: "d", .exchange),
      .rename("empty", to: "d/e", .exchange), .compare, .rename("d", to: "d/e/x", []),
      .rename("d/e/f", to: "d", []), .rename("sticky", to: "empty", []),
      .rename("empty", to: "sticky", []), .rename("empty", to: "a", []),
      .rename("b", to: "closed", []), .rename("h1", to: "h2", []),
      .rename("h1", to: "h2", .exchange), .rename("many", to: "many", []),
      .rename("none", to: "b", []), .rename("b/x", to: "c", []), .remount, .compare),
    Scenario(
      "errors come in the order of ext4",
      .makeDirectory("a", mode: 0o755), .makeDirectory("a/x", mode: 0o755),
      .makeDirectory("none/x", mode: 0o755), .unlink("d"), .unlink("none"), .removeDirectory("a"),
      .removeDirectory("d"), .removeDirectory("none"), .removeDirectory("d/e/f/g/a"),
      .removeDirectory("."), .link("d", to: "dd"), .link("a", to: "b"), .link("none", to: "x"),
      .symlink(to: "x", at: "a"), .open(0, "d", .writeOnly, mode: 0),
      .open(0, "d", [.create, .readOnly], mode: 0), .open(0, "a", [.directory], mode: 0),
      .open(0, "a", [.create, .exclusive], mode: 0), .open(0, "loop", .readOnly, mode: 0),
      .open(0, "s", [.noFollow], mode: 0), .open(0, "dangling", .readOnly, mode: 0),
      .open(0, "dangling", [.create, .exclusive], mode: 0o644), .readSymlink("a"),
      .truncate("d", size: 0), .truncate("none", size: 0), .truncate("a", size: -1),
      .open(0, "socket", .readOnly, mode: 0), .open(0, "a/b", .readOnly, mode: 0),
      .status("a/"), .status("s/"), .list("a"), .read(3, at: 0, count: 1), .compare),
    Scenario(
      "names of 255 bytes live, of 256 are refused",
      .makeDirectory(StartingTree.long.appending("x"), mode: 0o755),
      .makeDirectory(StartingTree.tooLong, mode: 0o755),
      .rename(StartingTree.long, to: "short", []), .rename("short", to: StartingTree.long, []),
      .makeDirectory(Path("empty").appending(StartingTree.long), mode: 0o755),
      .list("empty"), .remount, .compare),
    Scenario(
      "FIFOs and sockets are made, linked, renamed and removed",
      .makeNode("p2", kind: .fifo, mode: 0o600), .makeNode("s2", kind: .socket, mode: 0o600),
      .open(0, "p2", .readOnly, mode: 0), .open(1, "p2", .writeOnly, mode: 0),
      .open(2, "fifo", .readWrite, mode: 0), .write(1, at: nil, count: 10, seed: 1),
      .link("p2", to: "d/p3"), .rename("fifo", to: "d/fifo", []), .unlink("socket"),
      .changeMode("d/p3", 0o644), .compare, .remount, .compare),
    Scenario(
      "symlinks of every length are kept",
      .symlink(to: StartingTree.long, at: "l1"),
      .symlink(to: Path("d").appending(StartingTree.long).appending(StartingTree.long), at: "l2"),
      .symlink(to: StartingTree.binary, at: "l3"), .readSymlink("l2"), .readSymlink("l3"),
      .rename("s", to: "d/s", []), .readSymlink("d/s"), .link("dangling", to: "hard"),
      .setTimes("sd", accessed: .omit, modified: .at(seconds: 1000, nanoseconds: 5)),
      .remount, .compare, .readSymlink("d/up"), .unlink("loop"), .boundary, .compare),
    Scenario(
      "an unlinked directory that is open is empty and takes no names",
      .open(0, "empty", [.directory], mode: 0), .removeDirectory("empty"), .statusOpen(0),
      .makeDirectory("empty", mode: 0o700), .compare,
      .open(1, "d/e/f/g", [.directory], mode: 0), .unlink("d/e/f/g/a"),
      .removeDirectory("d/e/f/g"), .statusOpen(1), .changeModeOpen(1, 0o700), .compare),
    Scenario(
      "sticky and set-group-id directories do what they do",
      .actAs(user: 1000, group: 1000), .unlink("sticky/a"), .rename("sticky/a", to: "sticky/b", []),
      .open(0, "shared/new", [.create, .writeOnly], mode: 0o2755), .close(0),
      .makeDirectory("shared/dir", mode: 0o755), .actAs(user: 7, group: 7),
      .unlink("sticky/b"), .open(0, "sticky/c", [.create, .writeOnly], mode: 0o644), .close(0),
      .actAs(user: 0, group: 0), .changeMode("shared/new", 0o2755), .compare, .remount, .compare),
  ]
}
