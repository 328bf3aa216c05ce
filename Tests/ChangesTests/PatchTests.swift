import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

@Suite struct PatchTests {
  static let project = """
    mkdir -p src/deep gone; printf 'one\\ntwo\\nthree\\n' > a.txt; printf 'no newline' > b.txt
    printf 'x\\000y' > bin; echo deep > src/deep/f; echo s > src/s; echo g > gone/g; ln -s a.txt link
    echo run > tool; chmod 755 tool; echo 'with space' > 'na me'
    printf 'l1\\nl2\\nl3\\nl4\\nl5\\nl6\\nl7\\nl8\\n' > long.txt
    """

  func plan(_ rehearsal: Rehearsal) throws -> (Plan, ContentReader) {
    let reader = try rehearsal.reader()
    return (
      try Plan(reader: reader, root: rehearsal.root, lower: rehearsal.lower),
      ContentReader(reader: reader, lower: LowerTree(rehearsal.lower))
    )
  }

  func patch(_ rehearsal: Rehearsal) throws -> [UInt8] {
    let (plan, contents) = try plan(rehearsal)
    var bytes: [UInt8] = []
    let sink = TextSink { bytes += $0 }
    try PatchText(plan, contents).write(to: sink)
    try sink.finish()
    return bytes
  }

  /// Applies the patch with git to a copy of the project and compares with the twin.
  func expectPatchIsRight(_ rehearsal: Rehearsal) throws {
    let copy = rehearsal.place.path + "/copy"
    try rehearsal.place.shell(
      """
      rm -rf '\(copy)' '\(rehearsal.place.path)/git-twin'
      cp -a . '\(copy)'; cp -a '\(rehearsal.twin)' '\(rehearsal.place.path)/git-twin'
      cd '\(copy)'; git init -q; git add -A -f; git -c user.name=a -c user.email=a commit -qm x --allow-empty
      """)
    var command = Command(
      ["git", "apply", "--index", "--whitespace=nowarn", "-"], in: copy,
      environment: Playground.environment)
    command.input = try patch(rehearsal)
    if !command.input.contains(where: { _ in true }) { return }
    let text = String(decoding: command.input, as: UTF8.self)
    if text.contains("diff --git") {
      let ended = try command.run()
      #expect(ended.status == 0, "\(ended.complaint)\n\(text)")
    }
    let list = { (path: String) in
      try rehearsal.place.shell(
        "cd '\(path)'; rm -rf .git; git init -q; git add -A -f; git ls-files -s")
    }
    #expect(try list(copy) == list(rehearsal.place.path + "/git-twin"), "\(text)")
  }

  @Test func `a patch says every kind of change so that git can apply it`() throws {
    let session = try Rehearsal(Self.project)
    try session.write("a.txt", "one\n2\nthree\nfour\n")
    try session.write("b.txt", "still no newline")
    try session.create("bin2", [0, 1, 2, 3, 255])
    try session.rename("src/deep", "moved")
    try session.removeTree("gone")
    try session.remove("link")
    try session.makeSymlink("link", to: "b.txt")
    try session.setMode("a.txt", 0o755)
    try session.create("\u{e9} \"q\"\t", "odd name\n")
    try session.create("empty", "")
    try session.rename("na me", "na me 2")
    try expectPatchIsRight(session)
  }

  @Test func `what was only touched is no change`() throws {
    let session = try Rehearsal(Self.project)
    try session.write("a.txt", "one\ntwo\nthree\n")
    try session.remove("src/s")
    try session.create("src/s", "s\n")
    try session.rename("tool", "tool2")
    try session.rename("tool2", "tool")
    let (plan, _) = try plan(session)
    #expect(plan.changes.map(\.key) == [])
  }

  @Test func `files that change places come as changes of both`() throws {
    let session = try Rehearsal(Self.project)
    try session.rename("a.txt", "t")
    try session.rename("long.txt", "a.txt")
    try session.rename("t", "long.txt")
    try expectPatchIsRight(session)
  }

  @Test func `git applies what came and went in a directory whose name ends in a space`() throws {
    let session = try Rehearsal("mkdir 'd '; echo x > 'd /tool'; printf 'a\\0b' > 'd /bin'")
    try session.create("d /empty", "")
    try session.setMode("d /tool", 0o755)
    try session.write("d /bin", [0, 1])
    try session.create("d / lead", "")
    try session.create("d /trail ", "")
    try expectPatchIsRight(session)
  }

  @Test func `a file renamed onto one of the same content leaves nothing to say of that one`()
    throws
  {
    let session = try Rehearsal("echo same > a; echo same > b; echo same > c; chmod 755 c; cp c d")
    try session.rename("a", "b")
    try session.rename("d", "c")
    try session.makeSymlink("d", to: "elsewhere")
    try expectPatchIsRight(session)
    let (plan, contents) = try plan(session)
    var names: [String] = []
    try plan.forEachFile(contents) {
      names.append("\($0.oldPath?.printable ?? "") \($0.newPath?.printable ?? "")")
    }
    #expect(names == ["a ", "d ", " d"])
  }

  @Test func `git applies a directory that takes the place of a renamed symlink`() throws {
    let session = try Rehearsal("ln -s nowhere link; echo x > x")
    try session.rename("link", "moved")
    try session.makeDirectory("link")
    try session.create("link/f", "f\n")
    try expectPatchIsRight(session)
  }

  @Test(arguments: 0..<40)
  func `what cowbox prints of random sessions git applies`(seed: UInt64) throws {
    var trial = PatchTrial(seed: seed, operations: 12)
    let finding = try trial.run()
    #expect(finding == nil, "\(finding ?? "")")
  }

  @Test func `an id is the same for the same plan and another for another`() throws {
    let session = try Rehearsal(Self.project)
    try session.write("a.txt", "1\n")
    let first = try plan(session)
    let again = try plan(session)
    #expect(try first.0.id(first.1) == again.0.id(again.1))
    try session.write("a.txt", "2\n")
    let other = try plan(session)
    #expect(try first.0.id(first.1) != other.0.id(other.1))
  }

  @Test(arguments: 0..<25)
  func `random sessions give patches that reproduce them`(seed: Int) throws {
    let session = try Rehearsal(Self.project)
    var script = RandomScript(seed: UInt64(seed))
    try script.play(on: session, count: 25)
    try expectPatchIsRight(session)
  }
}
