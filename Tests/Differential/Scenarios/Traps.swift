import CLinux

// What broke for others (by the name it had there), each held against a plain directory.
extension Scenario {
  static let traps: [Scenario] = [
    Scenario(
      "a merged directory is renamed with its children and without EXDEV",
      .rename("d", to: "moved", []), .list("moved"), .list("moved/e/f"),
      .rename("moved/e", to: "empty/e", []), .compare, .remount, .list("empty/e/f/g"),
      .status("empty/e/f/g/a"), .status("d"), .boundary, .rename("empty", to: "d", []), .compare),
    Scenario(
      "paths of children that are cached follow a renamed directory",
      .status("d/e/f/g/a"), .open(0, "d/e/f/g/a", .readWrite, mode: 0),
      .rename("d/e", to: "moved", []), .status("moved/f/g/a"), .status("d/e/f/g/a"),
      .write(0, at: 0, count: 100, seed: 1), .read(0, at: 0, count: 200),
      .rename("moved", to: "empty/moved", []), .open(1, "empty/moved/f/g/a", .readOnly, mode: 0),
      .read(1, at: 0, count: 200), .compare),
    Scenario(
      "a directory made where one was removed shows no children of the lower",
      .unlink("closed/a"), .removeDirectory("closed"), .makeDirectory("closed", mode: 0o755),
      .list("closed"), .status("closed/a"), .remount, .list("closed"), .boundary,
      .removeDirectory("closed"), .makeDirectory("closed", mode: 0o755),
      .open(0, "closed/a", [.create, .writeOnly], mode: 0o600), .close(0), .remount, .compare),
    Scenario(
      "inode numbers stay over copy-up, rename and remount",
      .compare, .open(0, "a", .writeOnly, mode: 0), .write(0, at: 0, count: 1, seed: 1), .compare,
      .close(0), .rename("a", to: "d/renamed", []), .compare, .changeMode("b", 0o600), .compare,
      .rename("d", to: "empty/d", []), .compare, .remount, .compare, .dropCaches, .compare,
      .boundary, .open(0, "empty/d/renamed", [.writeOnly, .append], mode: 0),
      .write(0, at: nil, count: 10, seed: 2), .close(0), .remount, .compare),
    Scenario(
      "a listing that others change in the middle misses nothing and shows nothing twice",
      .listWhile("many", [.unlink("many/n3"), .rename("many/n7", to: "many/m7", [])]),
      .listWhile("many", [.rename("many/n11", to: "d/m", []), .unlink("many/n99")]),
      .listWhile(
        "many",
        [
          .open(0, "many/new", [.create, .writeOnly], mode: 0o644), .close(0),
          .rename("many/n20", to: "many/n21", []), .unlink("many/n22"),
        ]),
      .compare),
    Scenario(
      "copy-up and whiteouts leave the times of directories as ext4 does",
      .open(0, "d/e/f/g/a", .writeOnly, mode: 0), .write(0, at: 10, count: 10, seed: 3),
      .close(0), .compare, .changeMode("d/e/a", 0o600), .compare,
      .setAttribute("d/a", "user.one", count: 3, seed: 1, flags: 0), .compare, .remount, .compare),
    Scenario(
      "a file without a name is read, written, linked no more, and gone when closed",
      .open(0, "a", .readWrite, mode: 0), .unlink("a"), .read(0, at: 0, count: 6000),
      .write(0, at: 3, count: 5000, seed: 4), .statusOpen(0), .truncateOpen(0, size: 100),
      .changeModeOpen(0, 0o600), .read(0, at: 0, count: 6000), .compare, .linkOpen(0, to: "again"),
      .open(1, "new", [.create, .readWrite], mode: 0o644), .unlink("new"),
      .write(1, at: 0, count: 5000, seed: 5), .read(1, at: 0, count: 9000), .statusOpen(1),
      .makeDirectory("new", mode: 0o755), .compare, .boundary, .write(0, at: 0, count: 9, seed: 6),
      .read(0, at: 0, count: 200), .close(0), .close(1), .compare),
    Scenario(
      "a file made without a name gets one by linkat",
      .openTemporary(0, in: "d", mode: 0o640), .write(0, at: 0, count: 5000, seed: 5),
      .statusOpen(0), .linkOpen(0, to: "d/named"), .statusOpen(0), .linkOpen(0, to: "second"),
      .compare, .openTemporary(1, in: ".", mode: 0o640), .write(1, at: 0, count: 50, seed: 5),
      .close(1), .compare, .write(0, at: 100, count: 50, seed: 6), .close(0), .remount, .compare),
    Scenario(
      "sizes of extended attributes are asked for first, and ERANGE and ENODATA are told apart",
      .getAttribute("x", "user.one", room: 0), .getAttribute("x", "user.one", room: 5),
      .getAttribute("x", "user.one", room: 20), .getAttribute("x", "user.none", room: 20),
      .getAttribute("x", "bad", room: 20), .listAttributes("x", room: 0),
      .listAttributes("x", room: 3), .listAttributes("x", room: 100),
      .getAttribute("x", "user.two", room: 20), .listAttributes("a", room: 0),
      .setAttribute("x", "user.one", count: 3, seed: 1, flags: 1),
      .setAttribute("x", "user.new", count: 3, seed: 1, flags: 2),
      .setAttribute("x", "user.new", count: 3, seed: 1, flags: 1),
      .removeAttribute("x", "user.one"), .removeAttribute("x", "user.one"),
      .setAttribute("x", "bad", count: 3, seed: 1, flags: 0),
      .setAttribute("s", "user.one", count: 3, seed: 1, flags: 0),
      .setAttribute("fifo", "user.one", count: 3, seed: 1, flags: 0), .remount, .compare),
    Scenario(
      "names are bytes: two that differ only in normalisation are two files",
      .open(0, StartingTree.composed, [.writeOnly, .truncate], mode: 0),
      .write(0, at: 0, count: 10, seed: 1), .close(0), .unlink(StartingTree.decomposed),
      .status(StartingTree.composed), .status(StartingTree.decomposed), .compare,
      .rename(StartingTree.binary, to: StartingTree.decomposed, .noReplace), .compare,
      .rename(StartingTree.decomposed, to: StartingTree.composed, .exchange), .remount, .compare),
    Scenario(
      "two openings of one file have a place each",
      .open(0, "a", .readWrite, mode: 0), .open(1, "a", [.readWrite, .append], mode: 0),
      .write(0, at: nil, count: 10, seed: 1), .write(1, at: nil, count: 10, seed: 2),
      .write(0, at: nil, count: 10, seed: 3), .read(1, at: 0, count: 9000), .close(0),
      .read(1, at: 0, count: 9000), .compare),
    Scenario(
      "hard links stay one file, also those of the lower that nobody looked up",
      .open(0, "h1", [.writeOnly, .append], mode: 0), .write(0, at: nil, count: 10, seed: 1),
      .status("d/h3"), .compare, .unlink("h2"), .compare, .remount, .compare,
      .rename("d/h3", to: "h1", []), .compare, .rename("d", to: "moved", []), .compare,
      .link("moved/h3", to: "h5"), .unlink("h1"), .remount, .compare, .unlink("moved/h3"),
      .changeMode("h5", 0o600), .boundary, .unlink("h5"), .compare),
  ]
}
