import CLinux
import Glibc
import Harness
import Linux
import Testing

/// An editor's ways on a mount, with git beside it, while steps close by themselves.
///
/// COWBOX_EDITOR_SECONDS and COWBOX_EDITOR_FILES make it longer and larger.
@Suite struct EditorTests {
  private var seconds: Int64 { Self.number("COWBOX_EDITOR_SECONDS") ?? 2 }
  private var fileCount: Int { Int(Self.number("COWBOX_EDITOR_FILES") ?? 400) }

  private static func number(_ name: String) -> Int64? {
    Process.variable(name)?.string.flatMap { Int64($0) }
  }

  @Test func `saves, watchers, search and git work on a mount while steps close`() throws {
    let place = try Playground()
    let view = place.path + "/view"
    try place.shell(
      """
      mkdir ../view src
      seq \(fileCount) | while read -r n; do
        [ -d src/$((n % 100)) ] || mkdir src/$((n % 100))
        echo "needle $n" > src/$((n % 100))/$n.txt
      done
      git init -q . && git config user.name n && git config user.email e
      git add -A && git commit -qm first
      """)
    let interval = seconds < 10 ? "0.3" : "1"
    let ended = try place.cowbox("mount", "--ambient", interval, place.project, view).run()
    try #require(ended.status == 0, "\(ended.complaint)")
    defer {
      // Failure does not matter: the test may have ended it itself.
      _ = try? place.cowbox("-q", "umount", view).run()
    }
    let watch = try Watch(view + "/src/1")
    var work = Editor(view: view)
    let until = Timestamp.now.nanoseconds + seconds * 1_000_000_000
    while Timestamp.now.nanoseconds < until {
      try work.saveAtomically("src/1/1.txt")
      try work.saveInPlace("src/2/2.txt")
      try work.saveWithBackup("src/3/3.txt")
      try place.shell("cd ../view && git add -A && git commit -qm \(work.saves)")
      #expect(try place.cowbox("step").run().status == 0)
      let found = try place.shell("grep -rl needle ../view/src | wc -l")
      #expect(found == "\(fileCount - 3)\n")
    }
    #expect(try watch.names().contains("1.txt"))
    #expect(try place.shell("cd ../view && git fsck --no-progress && git status --short") == "")
    for (path, text) in work.saved {
      #expect(try place.shell("cat '../view/\(path)'") == text)
    }
    try checkSteps(place, view, work)
  }

  /// At every step each file is as it was after one of its saves, or before the first.
  private func checkSteps(_ place: Playground, _ view: String, _ work: Editor) throws {
    let steps = try place.shell(
      "sqlite3 -readonly '\(place.state)'/sessions/*/session.db 'SELECT id FROM step'"
    ).split(separator: "\n")
    #expect(steps.count > 3, "no step closed by itself")
    for step in steps.suffix(6) {
      let ended = try place.cowbox("restore", String(step)).run()
      #expect(ended.status == 0, "\(ended.complaint)")
      let text = try place.shell("cat ../view/src/1/1.txt")
      #expect(text.hasPrefix("needle") || work.wasSaved(text), "step \(step): \(text.prefix(80))")
    }
  }
}

/// What an editor does when it saves.
private struct Editor {
  let view: String
  private(set) var saves = 0
  private(set) var saved: [String: String] = [:]

  init(view: String) { self.view = view }

  /// A text that is larger than a page, and known by its number.
  private static func text(_ number: Int) -> String {
    "save \(number)\n" + String(repeating: "line of save \(number)\n", count: 600)
  }

  func wasSaved(_ text: String) -> Bool {
    guard let number = text.split(separator: "\n").first?.split(separator: " ").last,
      let number = Int(number)
    else { return false }
    return number <= saves && text == Self.text(number)
  }

  /// Beside it, to the disk, then over it: VS Code's atomic save.
  mutating func saveAtomically(_ path: String) throws {
    try write(path + ".vsctmp", for: path, [.writeOnly, .create, .exclusive])
    let here = Descriptor.currentDirectory
    try here.rename(
      ByteString("\(view)/\(path).vsctmp"), to: here, ByteString("\(view)/\(path)"))
  }

  /// Cut to nothing and written anew: its usual save.
  mutating func saveInPlace(_ path: String) throws {
    try write(path, for: path, [.writeOnly, .truncate])
  }

  /// The old one moved away and a new one made: vim's.
  mutating func saveWithBackup(_ path: String) throws {
    let here = Descriptor.currentDirectory
    let (own, backup) = (ByteString("\(view)/\(path)"), ByteString("\(view)/\(path)~"))
    try here.rename(own, to: here, backup)
    try write(path, for: path, [.writeOnly, .create, .exclusive])
    try here.remove(backup)
  }

  private mutating func write(_ place: String, for path: String, _ flags: OpenFlags) throws {
    saves += 1
    let text = Self.text(saves)
    let file = try Descriptor.currentDirectory.open(
      ByteString("\(view)/\(place)"), flags, mode: 0o644)
    try file.borrowed.write(Array(text.utf8))
    try file.borrowed.synchronize()
    saved[path] = text
  }
}

/// A watcher of a directory, as editors have them.
private final class Watch {
  private let inotify: OwnedDescriptor

  init(_ path: String) throws {
    let made = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard made >= 0 else { throw Errno.last }
    inotify = OwnedDescriptor(owning: made)
    guard inotify_add_watch(made, path, UInt32(IN_MOVED_TO | IN_CREATE | IN_MODIFY)) >= 0 else {
      throw Errno.last
    }
  }

  /// The names that something happened to until now.
  func names() throws -> Set<String> {
    var found: Set<String> = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = room.withUnsafeMutableBytes { read(inotify.raw, $0.baseAddress, $0.count) }
      guard count > 0 else { return found }
      var at = 0
      while at + MemoryLayout<inotify_event>.size <= count {
        let length = room.withUnsafeBytes {
          Int($0.loadUnaligned(fromByteOffset: at + 12, as: UInt32.self))
        }
        let start = at + MemoryLayout<inotify_event>.size
        found.insert(
          String(decoding: room[start..<(start + length)].prefix { $0 != 0 }, as: UTF8.self))
        at = start + length
      }
    }
  }
}
