import CLinux
import Glibc
import Harness
import Linux

// What the kernel believes of a file, and what the server keeps of it, held against what there is.
extension Scenario {
  static let beliefs: [Scenario] = [
    Scenario("after a write that found no room, a name leads to what there is") {
      try refusedWrite($0)
    },
    Scenario("who has a file open whose write found no room goes on with it") { try goingOn($0) },
    Scenario("bytes of a refused write never show when the file grows") { try tornWrite($0) },
    Scenario("an edit of what was renamed shows, also when nobody looks where it came from") {
      try editElsewhere($0)
    },
    Scenario("what is opened anew leaves no descriptor behind") { try openedAnew($0) },
    Scenario("a file may be made to end where the numbers do") { try endOfNumbers($0) },
  ]

  private static func failure(_ body: () throws(Errno) -> Void) -> Errno? {
    do throws(Errno) { try body() } catch { return error }
    return nil
  }

  /// Whether something comes true within a second and a half.
  private static func soon(_ isTrue: () throws -> Bool) rethrows -> Bool {
    let deadline = Timestamp.now.nanoseconds + 1_500_000_000
    while try !isTrue() {
      if Timestamp.now.nanoseconds > deadline { return false }
      poll(nil, 0, 2)
    }
    return true
  }

  /// Writes more than there is room for to a file that is open; what refuses it must be ENOSPC.
  private static func overfill(_ file: Descriptor) -> String? {
    let refused = failure { () throws(Errno) in
      try file.put(pattern(3, 3_000_000), at: 0)
      try file.synchronize()
    }
    return refused == .noSpace ? nil : "the write: \(refused as Any)"
  }

  private static func refusedWrite(_ place: Workspace) throws -> String? {
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    try make(lower.borrowed, "old", pattern(1, 1000))
    try Workspace.enterNamespace()
    let view = try View(place) { $0.maximumSize = 100_000 }
    let names = ["new", "old"]
    var told: [(size: Int64, content: [UInt8])] = []
    func look(_ root: Descriptor, _ name: String) throws(Errno) -> (Int64, [UInt8]) {
      (try root.status(of: ByteString(name)).size, try read(root, name))
    }
    do {
      let root = try view.root()
      for name in names {
        let file = try root.borrowed.open(ByteString(name), [.create, .readWrite], mode: 0o644)
        if let text = overfill(file.borrowed) { return "\(name): \(text)" }
        try? file.close()
        // Who looks meanwhile lets the kernel keep what it is to forget.
        for _ in 0..<3 {
          poll(nil, 0, 100)
          _ = try look(root.borrowed, name)
        }
        told.append(try look(root.borrowed, name))
      }
    }
    _ = try view.boundary()
    try view.remount()
    let root = try view.root()
    for (name, before) in zip(names, told) {
      let now = try look(root.borrowed, name)
      guard now == before else {
        return "\(name) was shown with \(before.size) bytes, and has \(now.0)"
      }
    }
    return nil
  }

  private static func goingOn(_ place: Workspace) throws -> String? {
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    for index in 0..<10 { try make(lower.borrowed, "f\(index)", pattern(1, 1000)) }
    try Workspace.enterNamespace()
    let view = try View(place) { $0.maximumSize = 200_000 }
    let root = try view.root()
    for index in 0..<20 {
      let (name, other) = ("f\(index)", "g\(index)")
      let file = try root.borrowed.open(ByteString(name), [.create, .readWrite], mode: 0o644)
      if let text = overfill(file.borrowed) { return text }
      try file.borrowed.truncate(to: 0)
      try file.borrowed.put(pattern(4, 5000), at: 0)
      try file.borrowed.synchronize()
      // The word of the refusal may be on its way still.
      guard try soon({ try read(root.borrowed, name) == pattern(4, 5000) }) else {
        return "\(name) does not show what was written then"
      }
      let again = try root.borrowed.open(ByteString(name), [.writeOnly, .append])
      try again.borrowed.write(pattern(5, 10))
      try again.close()
      try root.borrowed.rename(ByteString(name), to: root.borrowed, ByteString(other))
      try file.borrowed.put([7], at: 2)
      try file.close()
      let found = try read(root.borrowed, other)
      var expected = pattern(4, 5000) + pattern(5, 10)
      expected[2] = 7
      guard found == expected else { return "\(other) is wrong, with \(found.count) bytes" }
      try root.borrowed.remove(ByteString(other))
    }
    return nil
  }

  private static func tornWrite(_ place: Workspace) throws -> String? {
    try Workspace.enterNamespace()
    try place.limitStore(to: 24 << 20)
    let view = try View(place)
    let root = try view.root()
    try make(root.borrowed, "filler", pattern(9, 8 << 20))
    let file = try root.borrowed.open("f", [.create, .readWrite], mode: 0o644)
    try file.borrowed.put(pattern(1, 1000), at: 0)
    try file.borrowed.synchronize()
    let refused = failure { () throws(Errno) in
      try file.borrowed.put(pattern(2, 40 << 20), at: 1000)
      try file.borrowed.synchronize()
    }
    guard refused == .noSpace else { return "\(refused as Any)" }
    try root.borrowed.remove("filler")
    try? file.close()
    guard try soon({ try root.borrowed.status(of: "f").size < 40 << 20 }) else {
      return "the refused size is shown"
    }
    let size = try root.borrowed.status(of: "f").size
    let again = try root.borrowed.open("f", [.readWrite])
    // There is room again once the store has found out.
    let grows = soon {
      failure { () throws(Errno) in try again.borrowed.truncate(to: 60 << 20) } == nil
    }
    guard grows else { return "the file can't grow" }
    let bytes = try again.borrowed.readAll(limit: 1 << 27)
    guard bytes.count == 60 << 20, bytes[Int(size)...].allSatisfy({ $0 == 0 }) else {
      return "behind \(size) bytes there is more than zeros"
    }
    return nil
  }

  private static func editElsewhere(_ place: Workspace) throws -> String? {
    guard Process.user == 0 else { return nil }
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    try lower.borrowed.makeDirectory("from", mode: 0o755)
    for name in ["from/moved", "from/one", "other"] { try make(lower.borrowed, name, [1]) }
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    for name in ["from/moved", "from/one", "other"] { _ = try read(root.borrowed, name) }
    try root.borrowed.rename("from/moved", to: root.borrowed, "moved")
    try root.borrowed.rename("from/one", to: root.borrowed, "other", .exchange)
    // What is open is remembered by the kernel; the directory they came from is not.
    let open = try ["moved", "other"].map { name throws(Errno) in
      try root.borrowed.open(ByteString(name), []).release()
    }
    defer { for raw in open { _ = OwnedDescriptor(owning: raw) } }
    let caches = try Descriptor.currentDirectory.open("/proc/sys/vm/drop_caches", [.writeOnly])
    for round in 2..<4 {
      // What was used of late goes at the second time.
      for _ in 0..<3 { try caches.borrowed.write(Array("2".utf8)) }
      try make(lower.borrowed, "from/moved", pattern(1, round))
      try make(lower.borrowed, "from/one", pattern(2, round))
      let isShown = try soon {
        try root.borrowed.status(of: "moved").size == round
          && read(root.borrowed, "moved") == pattern(1, round)
          && read(root.borrowed, "other") == pattern(2, round)
      }
      if !isShown { return "edit \(round) does not show" }
    }
    return nil
  }

  private static func openedAnew(_ place: Workspace) throws -> String? {
    guard Process.user == 0 else { return nil }
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    for index in 0..<30 {
      try lower.borrowed.makeDirectory(ByteString("d\(index)"), mode: 0o755)
      try make(lower.borrowed, "d\(index)/f", pattern(1, 10))
    }
    try Workspace.enterNamespace()
    let view = try View(place) { $0.watchLimit = 0 }
    let root = try view.root()
    func count() throws -> Int {
      let path = ByteString("/proc/\(view.server)/fd")
      let all = try Descriptor.currentDirectory.open(path, [.directory])
      return try all.borrowed.entryNames().count
    }
    let before = try count()
    // A directory that nobody watches is opened anew after a second.
    for _ in 0..<3 {
      for index in 0..<30 { _ = try root.borrowed.status(of: ByteString("d\(index)/f")) }
      poll(nil, 0, 1100)
    }
    let caches = try Descriptor.currentDirectory.open("/proc/sys/vm/drop_caches", [.writeOnly])
    try caches.borrowed.write(Array("2".utf8))
    guard try soon({ try count() <= before + 5 }) else {
      return "\(before) descriptors became \(try count())"
    }
    return nil
  }

  private static func endOfNumbers(_ place: Workspace) throws -> String? {
    let lower = try Descriptor.currentDirectory.open(place.lower, [.directory])
    let large = try lower.borrowed.open("large", [.create, .readWrite], mode: 0o644)
    try large.borrowed.truncate(to: 6 << 20)
    try Workspace.enterNamespace()
    let view = try View(place) { $0.maximumSize = 1 << 40 }
    let root = try view.root()
    for name: ByteString in ["large", "new"] {
      let file = try root.borrowed.open(name, [.create, .readWrite], mode: 0o644)
      try file.borrowed.put([1], at: 5)
      for end in [0, 4095, 4096, 1 << 62].map({ Int64.max - $0 }) {
        // Whether it may be so large is the store's file system's to say.
        _ = failure { () throws(Errno) in
          try file.borrowed.put([2], at: end - 1)
          try file.borrowed.synchronize()
        }
        _ = failure { () throws(Errno) in try file.borrowed.truncate(to: end) }
        for mode: Int32 in [0, 1, 3, 16] {
          _ = failure { () throws(Errno) in
            try file.borrowed.allocate(mode: mode, at: end - 50, count: 50)
          }
          _ = failure { () throws(Errno) in
            try file.borrowed.allocate(mode: mode, at: 10, count: end - 10)
          }
        }
        _ = try root.borrowed.status(of: name)
      }
      try file.borrowed.truncate(to: 6)
      let bytes = try read(root.borrowed, name.printable)
      guard bytes.count == 6 else { return "\(name.printable) has \(bytes.count) bytes" }
    }
    return nil
  }
}
