import Harness
import Linux
import Testing

@testable import Changes

/// Indexes that git itself wrote.
@Suite struct GitIndexTests {
  private let place: Playground

  init() throws {
    place = try Playground()
    try place.shell(
      """
      git init -q; mkdir -p src/deep; for i in $(seq 30); do echo $i > src/deep/file$i; done
      echo a > a; ln -s a link; git add .
      """)
  }

  private func bytes() throws -> [UInt8] {
    let file = try Descriptor.currentDirectory.open(ByteString(place.project + "/.git/index"), [])
    return try file.borrowed.readAll(limit: 1 << 20)
  }

  @Test(arguments: [2, 3, 4])
  func `what git remembers of files is no difference, what it says of them is`(version: Int) throws
  {
    if version > 2 { try place.shell("echo n > new; git add -N new") }
    try place.shell("git update-index --index-version \(max(version, version == 4 ? 4 : 2))")
    let before = try bytes()
    let index = try #require(GitIndex(before))
    try place.shell("touch -d @1000000000 a src/deep/*; git status >/dev/null")
    #expect(try bytes() != before && GitIndex(bytes()) == index)
    for change in ["git rm -q --cached a", "git update-index --chmod=+x src/deep/file7"] {
      let former = try GitIndex(bytes())
      try place.shell(change)
      #expect(try GitIndex(bytes()) != nil && GitIndex(bytes()) != former, "\(change)")
    }
  }

  @Test func `an index that is cut, torn or of another kind is none`() throws {
    let whole = try bytes()
    for length in stride(from: 0, to: whole.count, by: 13) {
      #expect(GitIndex(Array(whole.prefix(length))) == nil)
    }
    #expect(GitIndex(Array("DIRC".utf8) + [0, 0, 0, 9] + whole.dropFirst(8)) == nil)
    #expect(GitIndex(Array(repeating: 0x41, count: 4096)) == nil)
    // What is split names another file, and means nothing without it.
    try place.shell("git update-index --split-index")
    #expect(try GitIndex(bytes()) == nil)
  }
}
