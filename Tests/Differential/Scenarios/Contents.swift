import CLinux

// Bytes: copy-up whole and by blocks, holes, mappings.
extension Scenario {
  static let contents: [Scenario] = [
    Scenario(
      "of a large file only the blocks that are written are copied, and all bytes are right",
      .open(0, "big", .readWrite, mode: 0), .write(0, at: 5_000_100, count: 5, seed: 1),
      .read(0, at: 4_990_000, count: 80_000), .write(0, at: 6_000_123, count: 1, seed: 2),
      .write(0, at: 6_100_000, count: 10, seed: 3), .read(0, at: 5_990_000, count: 120_000),
      .compare, .truncateOpen(0, size: 5_030_000), .truncateOpen(0, size: 5_080_000),
      .read(0, at: 5_000_000, count: 90_000), .compare, .remount,
      .open(0, "big", .readWrite, mode: 0), .read(0, at: 4_990_000, count: 100_000),
      .write(0, at: 5_031_000, count: 4096, seed: 4), .boundary,
      .write(0, at: 299_000, count: 4096, seed: 5), .read(0, at: 290_000, count: 20_000),
      .remount, .compare, .truncate("big", size: 100), .truncate("big", size: 7_000_000),
      .compare),
    Scenario(
      "a large file is renamed, then written, then truncated",
      .rename("d/big", to: "moved", []), .open(0, "moved", .readWrite, mode: 0),
      .write(0, at: 4_100_000, count: 10, seed: 1), .rename("moved", to: "d/e/again", []),
      .write(0, at: 1_000_001, count: 10, seed: 2), .read(0, at: 0, count: 4_200_000),
      .remount, .compare, .open(0, "d/e/again", [.writeOnly, .truncate], mode: 0), .compare,
      .write(0, at: 10, count: 10, seed: 3), .compare),
    Scenario(
      "fallocate punches, zeroes, extends and keeps sizes",
      .open(0, "b", .readWrite, mode: 0), .allocate(0, .punch, at: 100, count: 9000),
      .read(0, at: 0, count: 20_000), .allocate(0, .extend, at: 60_000, count: 30_000),
      .statusOpen(0), .allocate(0, .keepSize, at: 90_000, count: 30_000), .statusOpen(0),
      .allocate(0, .zero, at: 5000, count: 90_000), .read(0, at: 0, count: 99_000),
      .allocate(0, .zeroKeepSize, at: 200_000, count: 10), .allocate(0, .extend, at: 0, count: 0),
      .allocate(0, .extend, at: -1, count: 5), .statusOpen(0),
      .allocate(0, .collapse, at: 4096, count: 4096), .open(1, "big", .readWrite, mode: 0),
      .allocate(1, .punch, at: 1000, count: 5_500_000), .read(1, at: 0, count: 6_000_000),
      .open(2, "c", .readOnly, mode: 0), .allocate(2, .extend, at: 0, count: 5),
      .open(3, "d", [.directory], mode: 0), .allocate(3, .extend, at: 0, count: 5), .compare),
    Scenario(
      "data and holes are told truly, of what is cached as well",
      .open(0, "new", [.create, .readWrite], mode: 0o644), .write(0, at: 0, count: 70_000, seed: 1),
      .seek(0, at: 0, hole: false), .seek(0, at: 0, hole: true), .truncateOpen(0, size: 900_000),
      .mapWrite(0, at: 800_000, count: 100, seed: 2), .seek(0, at: 100_000, hole: false),
      .seek(0, at: 899_999, hole: true), .seek(0, at: 900_000, hole: true),
      .seek(0, at: 900_001, hole: false), .open(1, "big", .readWrite, mode: 0),
      .seek(1, at: 400_000, hole: false), .seek(1, at: 0, hole: true),
      .write(1, at: 2_000_000, count: 10, seed: 3), .seek(1, at: 400_000, hole: false),
      .open(2, "c", .readWrite, mode: 0), .seek(2, at: 0, hole: false),
      .seek(2, at: 0, hole: true), .truncateOpen(2, size: 5000), .seek(2, at: 10, hole: true),
      .compare),
    Scenario(
      "shared mappings and copy_file_range write what write does",
      .open(0, "a", .readWrite, mode: 0), .mapWrite(0, at: 100, count: 300, seed: 1),
      .read(0, at: 0, count: 9000), .open(1, "big", .readWrite, mode: 0),
      .mapWrite(1, at: 5_000_000, count: 3, seed: 2), .mapWrite(1, at: 4095, count: 2, seed: 3),
      .copyRange(from: 1, at: 4_999_000, to: 0, offset: 50, count: 20_000),
      .read(0, at: 0, count: 30_000), .copyRange(from: 0, at: 0, to: 1, offset: 77, count: 4000),
      .synchronize(0, dataOnly: false), .synchronize(1, dataOnly: true), .compare, .remount,
      .compare),
    Scenario(
      "a second step writes where the first did, and both are kept",
      .open(0, "a", .readWrite, mode: 0), .write(0, at: 0, count: 10, seed: 1), .boundary,
      .write(0, at: 5, count: 10, seed: 2), .boundary, .truncateOpen(0, size: 0), .boundary,
      .write(0, at: 0, count: 100, seed: 3), .rename("a", to: "d/new", []), .boundary,
      .unlink("d/new"), .boundary, .write(0, at: 0, count: 5, seed: 4), .close(0), .boundary,
      .open(0, "big", .readWrite, mode: 0), .write(0, at: 100, count: 5, seed: 5), .boundary,
      .write(0, at: 9000, count: 5, seed: 6), .boundary, .remount, .compare),
  ]
}
