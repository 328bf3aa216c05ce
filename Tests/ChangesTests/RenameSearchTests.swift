import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

/// How files that were written anew elsewhere are found.
@Suite struct RenameSearchTests {
  /// Counts what a search reads.
  private final class Count {
    var hashes = 0
    var comparisons = 0
    var bytes: Int64 = 0
  }

  private func search(_ contents: [[UInt8]], _ count: Count) -> TwinSearch {
    TwinSearch(
      hash: { index, limit in
        count.hashes += 1
        count.bytes += limit
        return SHA256.digest(Array(contents[index].prefix(Int(limit))))
      },
      areEqual: { from, to in
        count.comparisons += 1
        return contents[from] == contents[to]
      })
  }

  private func files(_ range: Range<Int>, _ contents: [[UInt8]], name: (Int) -> String)
    -> [TwinSearch.File]
  {
    range.map {
      TwinSearch.File(
        index: $0, name: ByteString(name($0)),
        shape: .init(kind: .regular, size: Int64(contents[$0].count)))
    }
  }

  struct Mass: CustomTestStringConvertible {
    let testDescription: String
    let content: @Sendable (Int) -> [UInt8]
    /// How many pairs there are, of 20,000.
    let pairs: Int
    /// How many contents may be read.
    let hashes: Int
  }

  private static let masses = [
    Mass(testDescription: "empty", content: { _ in [] }, pairs: 20_000, hashes: 0),
    Mass(testDescription: "equal", content: { _ in [1, 2] }, pairs: 20_000, hashes: 40_000),
    Mass(
      testDescription: "of one size, all different",
      content: { Array("\(100_000 + $0)".utf8) }, pairs: 0, hashes: 40_000),
    Mass(
      testDescription: "of many sizes",
      content: { Array(repeating: 7, count: $0 % 20_000 / 20) }, pairs: 20_000, hashes: 40_000),
  ]

  @Test(arguments: masses) func `of very many files each is read once`(_ mass: Mass) throws {
    let contents = (0..<40_000).map(mass.content)
    let count = Count()
    let found = try search(contents, count).pairs(
      files(0..<20_000, contents) { "\($0 % 7)" }, files(20_000..<40_000, contents) { "\($0 % 5)" })
    #expect(found.count == mass.pairs && count.hashes <= mass.hashes && count.comparisons == 0)
    #expect(Set(found.map(\.from)).count == found.count)
    #expect(found.allSatisfy { contents[$0.from] == contents[$0.to] })
  }

  @Test func `large files of one size are told apart by their heads where they can be`() throws {
    let size = 1 << 18
    var contents = (0..<8).map { [UInt8](repeating: UInt8($0), count: size) }
    // The last two differ from each other at their ends alone.
    contents[6] = contents[2]
    contents[6][size - 1] = 9
    contents[7] = contents[2]
    let count = Count()
    let search = search(contents, count)
    let found = try search.pairs(
      files(0..<4, contents) { "\($0)" }, files(4..<8, contents) { "\($0)" })
    #expect(found.count == 1 && found[0] == (2, 7))
    #expect(count.bytes <= 8 * 1 << 16 + 3 * Int64(size))
    let only = try search.pairs(
      files(2..<3, contents) { "\($0)" }, files(7..<8, contents) { "\($0)" })
    #expect(only.count == 1 && count.comparisons == 1)
  }

  @Test func `a namesake comes before an earlier file, as with git`() throws {
    let session = try Rehearsal("mkdir a b; for f in a/x a/y a/z; do echo same > $f; done; :> e")
    for name in ["a/x", "a/y", "a/z", "e"] { try session.remove(name) }
    for name in ["b/0", "b/y", "b/z"] { try session.create(name, "same\n") }
    try session.create("b/empty", "")
    let reader = try session.reader()
    let plan = try Plan(reader: reader, root: session.root, lower: session.lower)
    let contents = ContentReader(reader: reader, lower: LowerTree(session.lower))
    let ours = try plan.files(contents, finding: RenameSearch()).files.filter(\.isRename)
      .map { "\($0.oldPath?.printable ?? "") \($0.newPath?.printable ?? "")" }
    let theirs = try session.place.shell(
      """
      git init -q; git add -A; git -c user.name=a -c user.email=a commit -qm x
      git --work-tree='\(session.twin)' add -A; git diff --cached -M --diff-filter=R --name-status |
        cut -f 2- | tr '\\t' ' '
      rm -rf .git
      """)
    #expect(ours.sorted() == theirs.split(separator: "\n").map(String.init).sorted())
    #expect(ours.count == 4)
  }
}
