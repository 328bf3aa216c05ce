import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

/// Every rendering beside git's own of the same two trees.
@Suite struct GitComparisonTests {
  private static let project = """
    mkdir -p src/deep lib; seq 1 40 > long; printf 'a b  c\\nd e f\\n\\nlast' > words
    printf 'x\\000y' > bin; seq 1 30 > src/deep/moved; seq 50 90 > src/rewritten; ln -s long link
    echo run > tool; chmod 755 tool; echo g > lib/gone; printf 'int f(void)\\n{\\n  return 1;\\n}\\n' > f.c
    """

  private func changed() throws -> Rehearsal {
    let session = try Rehearsal(Self.project)
    let lines = (1...40).map { $0 == 3 || $0 == 30 ? "new \($0)" : "\($0)" }
    try session.write("long", (lines + ["more", "more"]).joined(separator: "\n") + "\n")
    try session.write("words", "a  b c\nd X f\n\nlast one\n")
    try session.write("f.c", "int f(void)\n{\n\n  return 2; \n}\n")
    try session.write("tool", "run  \n")
    try session.setMode("tool", 0o644)
    try session.create("bin2", [0, 1, 2, 255])
    try session.rename("src/deep/moved", "lib/moved")
    try session.write("lib/moved", (2...31).map { "\($0)\n" }.joined())
    try session.removeTree("src/rewritten")
    try session.create("src/anew", (50...88).map { "\($0)\n" }.joined())
    try session.remove("lib/gone")
    try session.remove("link")
    try session.makeSymlink("link", to: "words")
    try session.create("name with \u{e9} and \"q\"", "x\n")
    return session
  }

  /// What git says of the project and the twin as two trees.
  private func git(_ session: Rehearsal, _ options: [String]) throws -> String {
    let quoted = options.map { "'\($0)'" }.joined(separator: " ")
    return try session.place.shell(
      """
      cd '\(session.place.path)'; rm -rf r; git init -q r; cd r
      tree() { git --work-tree="$1" --git-dir=.git add -A -f . ; git write-tree; }
      one=$(cd '\(session.place.project)'; GIT_DIR='\(session.place.path)/r/.git' GIT_WORK_TREE=. sh -c \
        'git add -A -f . ; git write-tree')
      two=$(cd '\(session.twin)'; GIT_DIR='\(session.place.path)/r/.git' GIT_WORK_TREE=. sh -c \
        'git add -A -f . ; git write-tree')
      git -c core.quotePath=true -c diff.noprefix=false diff \(quoted) $one $two
      """)
  }

  private func read(_ session: Rehearsal) throws -> (Plan, ContentReader) {
    let reader = try session.reader()
    return (
      try Plan(reader: reader, root: session.root, lower: session.lower),
      ContentReader(reader: reader, lower: LowerTree(session.lower))
    )
  }

  private func text(_ write: (TextSink) throws -> Void) throws -> String {
    var bytes: [UInt8] = []
    let sink = TextSink { bytes += $0 }
    try write(sink)
    try sink.finish()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The files of a patch, in an order that does not depend on who wrote it.
  private func files(_ patch: String) -> [String] {
    var (found, isBinary) = ([String](), false)
    for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("diff --git") || found.isEmpty { found.append("") }
      if line.hasPrefix("# ") { continue }
      // Deflated bytes depend on who deflates; that git takes ours is tried with random trees.
      if line.hasPrefix("literal ") || line.hasPrefix("delta ") { isBinary = true }
      if line.hasPrefix("diff --git") { isBinary = false }
      if isBinary { continue }
      // git names contents by as many digits as make them unique.
      found[found.count - 1] += line + "\n"
    }
    return found.map { $0.last == "\n" ? String($0.dropLast()) : $0 }
      .map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.sorted()
  }

  struct Case: CustomTestStringConvertible {
    let git: [String]
    var options = DiffOptions()
    var words: WordMarks?
    var search = RenameSearch()
    var isReversed = false
    var testDescription: String { git.joined(separator: " ") }

    init(_ git: String..., change: (inout DiffOptions) -> Void = { _ in }) {
      self.git = git
      change(&options)
    }

    func with(_ words: WordMarks) -> Case {
      var copy = self
      copy.words = words
      return copy
    }

    var reversed: Case {
      var copy = self
      copy.isReversed = true
      swap(&copy.options.oldPrefix, &copy.options.newPrefix)
      return copy
    }

    func finding(_ percent: Int?) -> Case {
      var copy = self
      copy.search.percent = percent
      return copy
    }
  }

  static let cases = [
    Case("-M"), Case("--no-renames").finding(nil), Case("-M90%").finding(90),
    Case("-M", "-w") { $0.ignoresAllSpace = true },
    Case("-M", "-b") { $0.ignoresSpaceChange = true },
    Case("-M", "--ignore-space-at-eol") { $0.ignoresSpaceAtEnd = true },
    Case("-M", "--ignore-blank-lines") { $0.ignoresBlankLines = true },
    Case("-M", "-U0") { $0.contextLines = 0 }, Case("-M", "-U8") { $0.contextLines = 8 },
    Case("-M", "--inter-hunk-context=30") { $0.interhunkLines = 30 },
    Case("-M", "--patience") { $0.usesPatience = true },
    Case("-M", "--minimal") { $0.isMinimal = true },
    Case("-M", "--full-index") { $0.isFullIndex = true },
    Case("-M", "--no-prefix") { ($0.oldPrefix, $0.newPrefix) = ("", "") },
    Case("-M", "--src-prefix=old/", "--dst-prefix=new/") {
      ($0.oldPrefix, $0.newPrefix) = ("old/", "new/")
    },
    Case("-M", "--word-diff").with(.plain), Case("-M", "--word-diff=porcelain").with(.porcelain),
    Case("-M", "--word-diff", "-U0") { $0.contextLines = 0 }.with(.plain),
    Case("-M", "-W") { $0.showsFunctions = true },
    Case("-M", "--function-context", "-U0", "-w") {
      ($0.showsFunctions, $0.contextLines, $0.ignoresAllSpace) = (true, 0, true)
    },
    Case("-M", "-W", "--ignore-blank-lines") {
      ($0.showsFunctions, $0.ignoresBlankLines) = (true, true)
    },
    Case("-M", "-W", "--word-diff") { $0.showsFunctions = true }.with(.plain),
    Case("-M", "-R").reversed, Case("-M", "-R", "-W") { $0.showsFunctions = true }.reversed,
    Case("-M", "-R", "--src-prefix=old/", "--dst-prefix=new/") {
      ($0.oldPrefix, $0.newPrefix) = ("old/", "new/")
    }.reversed,
  ]

  @Test(arguments: cases) func `the patch is git's own`(_ row: Case) throws {
    let session = try changed()
    let (plan, contents) = try read(session)
    let found = try plan.files(contents, finding: row.search)
    let ours = try text {
      try PatchText(plan, contents, options: row.options, words: row.words)
        .write(row.isReversed ? found.reversed : found.files, to: $0)
    }
    let theirs = try git(session, ["--binary", "--abbrev=7"] + row.git)
    if row.search.percent == 50 || row.search.percent == nil {
      let same = Set(files(theirs)).symmetricDifference(files(ours))
        // What the session renamed itself stays a rename, however little git thinks of it.
        .filter { row.search.percent != nil || !$0.contains("moved") }
      #expect(same == [], "\(same.sorted().joined(separator: "\n----\n"))")
    } else {
      #expect(ours.contains("rename to src/anew") == theirs.contains("rename to src/anew"))
    }
  }

  @Test(arguments: [false, true]) func `names and counts are git's own`(_ ignoresSpace: Bool) throws
  {
    let session = try changed()
    let (plan, contents) = try read(session)
    let found = try plan.files(contents, finding: RenameSearch())
    var options = DiffOptions()
    options.ignoresAllSpace = ignoresSpace
    let extra = ignoresSpace ? ["-w"] : []
    func lines(_ text: String) -> [Substring] { text.split(separator: "\n").sorted() }
    let forms: [(String, NameLists.Form)] = [
      ("--name-status", .nameStatus), ("--name-only", .nameOnly), ("--numstat", .lineCounts),
    ]
    for (option, form) in forms {
      let ours = try text {
        try NameLists(plan, contents, options: options).write(form, found.files, to: $0)
      }
      #expect(try lines(ours) == lines(git(session, ["-M", option] + extra)))
      let nul = try text {
        try NameLists(plan, contents, options: options, isNULTerminated: true)
          .write(form, found.files, to: $0)
      }
      let theirs = try git(session, ["-M", "-z", option] + extra)
      #expect(nul.split(separator: "\0").sorted() == theirs.split(separator: "\0").sorted())
    }
    let stat = try text {
      try StatText(plan, contents, options: options).write(found.files, to: $0)
    }
    #expect(try lines(stat) == lines(git(session, ["-M", "--stat=80"] + extra)))
    let short = try text {
      try StatText(plan, contents, options: options).write(found.files, isShort: true, to: $0)
    }
    #expect(try short == git(session, ["-M", "--shortstat"] + extra))
    let summary = try text { try SummaryText(plan, contents).write(found.files, to: $0) }
    #expect(try lines(summary) == lines(git(session, ["-M", "--summary"])))
  }

  @Test func `likeness is what git says it is`() throws {
    let session = try Rehearsal("mkdir d; touch d/keep")
    let base = (0..<200).map { "line number \($0 * 7919 % 1000)\n" }
    for percent in stride(from: 0, to: 100, by: 10) {
      let text = base.enumerated().map {
        $0.offset % 100 < percent ? "other \($0.offset)\n" : $0.element
      }
      let (one, other) = (base.joined(), text.joined())
      let score = Similarity(Array(one.utf8)).score(in: Similarity(Array(other.utf8)))
      try session.place.shell("rm -rf ../s; mkdir ../s; cd ../s; git init -q; touch keep")
      try write(one, session.place.path + "/s/old")
      try session.place.shell(
        "cd ../s; git add -A; git -c user.name=a -c user.email=a commit -qm x; rm old")
      try write(other, session.place.path + "/s/new")
      let status = try session.place.shell(
        "cd ../s; git add -A; git diff --cached -M1% --name-status")
      let ours = score * 100 / Similarity.most
      let padded = String(repeating: "0", count: 3 - "\(ours)".count) + "\(ours)"
      #expect(status.contains("R\(padded)\told\tnew"), "\(status) \(ours)")
    }
  }

  private func write(_ text: String, _ path: String) throws {
    let file = try Descriptor.currentDirectory.open(
      ByteString(path), [.writeOnly, .create, .truncate], mode: 0o644)
    try file.borrowed.write(Array(text.utf8))
  }

  @Test func `too many files to compare are said, not skipped in silence`() throws {
    let session = try Rehearsal("for i in 1 2 3; do seq $i 40 > old$i; done")
    for name in ["old1", "old2", "old3"] { try session.remove(name) }
    for number in 1...3 {
      try session.create("new\(number)", (number...39).map { "\($0)\n" }.joined())
    }
    let (plan, contents) = try read(session)
    var search = RenameSearch()
    #expect(try plan.files(contents, finding: search).files.filter(\.isRename).count == 3)
    search.limit = 2
    let found = try plan.files(contents, finding: search)
    #expect(found.skipped?.old == 3 && found.skipped?.new == 3)
    #expect(found.files.count == 6)
  }

  @Test func `what is ignored or generated folds, deletions and risks never do`() throws {
    let session = try Rehearsal(
      """
      printf '/out/\\n*.log\\n!keep/\\n' > .gitignore; mkdir -p out src; for i in $(seq 12); do echo $i > out/$i; done
      """)
    for number in 1...12 { try session.write("out/\(number)", "x\n") }
    try session.remove("out/3")
    try session.makeDirectory("node_modules")
    for number in 0..<9 { try session.create("node_modules/\(number)", "m\n") }
    try session.create("node_modules/package.json", "{}\n")
    try session.makeDirectory("build")
    for number in 0..<20 { try session.create("build/\(number)", "m\n") }
    try session.create("build/.gitignore", "*\n")
    for number in 0..<3 { try session.create("src/\(number).log", "m\n") }
    let (plan, contents) = try read(session)
    let folding = try Folding(plan, IgnoreRules(contents.lower, exclude: []))
    #expect(
      folding.folds.map { "\($0.directory.printable): \($0.words) \($0.isIgnored)" } == [
        "node_modules: 9 files added, 18 bytes false", "out: 11 files changed, 22 bytes true",
      ])
    let shown = Set(folding.plan.changes.map(\.key))
    #expect(shown.contains("deleted:out/3") && shown.contains("added:node_modules/package.json"))
    #expect(shown.contains("added:build/7"), "a rule that the session made hides nothing")
    let hidden = plan.changes.count - folding.plan.changes.count
    #expect(hidden == folding.folds.reduce(0) { $0 + $1.added + $1.modified })
  }
}
