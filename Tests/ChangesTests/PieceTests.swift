import Linux
import Rehearsal
import Testing

@testable import Changes

@Suite struct PieceTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func pieces(_ old: String, _ new: String) throws -> [Piece] {
    try TextDiff(bytes(old), bytes(new)).hunks.compactMap { Piece($0) }
  }

  @Test func `a split hunk is as many hunks as it has gaps, and together they do the same`() throws
  {
    let old = "1\n2\n3\n4\n5\n6\n7\n"
    let hunk = try #require(try pieces(old, "1\ntwo\n3\n4\nfive\n6\n7\neight\n").first)
    let parts = hunk.split
    #expect(
      parts.map { String(decoding: $0.header, as: UTF8.self) } == [
        "@@ -1,4 +1,4 @@\n", "@@ -3,5 +3,5 @@\n", "@@ -6,2 +6,3 @@\n",
      ])
    #expect(parts.flatMap(\.edits) == hunk.edits)
    #expect(parts[0].split == [parts[0]])
  }

  @Test func `a hunk that is read and written says what git said`() throws {
    for (old, new) in [
      ("a\n", "b\n"), ("", "x\n"), ("x\n", ""), ("a\nb", "a\nc"), ("a\n", "a\nb\n"), ("a", "a\n"),
    ] {
      let diff = try TextDiff(bytes(old), bytes(new))
      for hunk in diff.hunks {
        let piece = try #require(Piece(hunk))
        #expect(piece.hunk.header == hunk.header)
        #expect(piece.hunk.lines == hunk.lines)
      }
    }
  }

  @Test func `an edited hunk must fit the file it was taken from`() throws {
    let (old, new) = ("1\n2\n3\n", "1\ntwo\n3\nfour\n")
    let piece = try #require(try pieces(old, new).first)
    let lines = bytes(old).lines
    let same = try piece.edited(piece.text, old: lines)
    #expect(same?.edits == piece.edits)
    let kept = try #require(try piece.edited(bytes("@@ x\n 1\n 2\n 3\n+4\n"), old: lines))
    #expect(kept.edits == [Piece.Edit(old: 3..<3, new: [bytes("4\n")])])
    #expect(try piece.edited(bytes(" 1\n 2\n 3\n# +4\n"), old: lines) == nil)
    #expect(try piece.edited([], old: lines) == nil)
    #expect(throws: PieceError.self) { try piece.edited(bytes(" 1\n-zwei\n+2\n"), old: lines) }
    #expect(throws: PieceError.self) { try piece.edited(bytes(" 1\nwhat\n"), old: lines) }
    #expect(throws: PieceError.self) {
      try piece.edited(bytes("+0\n\\ No newline at end of file\n 1\n"), old: lines)
    }
  }

  @Test func `taking some hunks and keeping the others meet in the middle`() throws {
    let old = (1...60).map { "line \($0)\n" }
    var new = old
    for index in [3, 4, 20, 40, 59] { new[index] = "new \(index)\n" }
    new.remove(at: 50)
    let session = try Rehearsal("printf '\(old.joined().replacing("\n", with: "\\n"))' > f")
    try session.write("f", new.joined())
    let reader = try session.reader()
    let plan = try Plan(reader: reader, root: session.root, lower: session.lower)
    let contents = ContentReader(reader: reader, lower: LowerTree(session.lower))
    let pieces = try plan.pieces(of: plan.changes[0], contents)
    #expect(pieces.hunks.count == 5)
    #expect(pieces.content(taking: pieces.hunks) == bytes(new.joined()))
    #expect(pieces.content(taking: []) == bytes(old.joined()))
    for mask in 0..<32 {
      let some = pieces.hunks.enumerated().filter { mask >> $0.offset & 1 == 1 }.map(\.element)
      let rest = pieces.hunks.enumerated().filter { mask >> $0.offset & 1 == 0 }.map(\.element)
      let middle = pieces.content(taking: some)
      // What is left between the middle and the new text is what the rest does.
      let left = try TextDiff(middle, bytes(new.joined())).hunks.compactMap { Piece($0) }
      #expect(left.flatMap(\.edits).map(\.new) == rest.flatMap(\.edits).map(\.new), "\(mask)")
    }
  }
}
