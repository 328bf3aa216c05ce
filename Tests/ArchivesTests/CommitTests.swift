import Harness
import Linux
import Store
import Testing

@testable import Archives

@Suite(.enabled(if: Programs.has("git"), "needs git")) struct CommitTests {
  private static let identity = "git -c user.name=t -c user.email=t@t -c commit.gpgsign=false"

  private func commit(_ session: LayeredSession, _ branch: String = "cowbox/changes") throws
    -> SessionCommit
  {
    let reader = try session.reader()
    let lower = try session.lower()
    return try SessionCommit.write(
      reader, root: reader.roots[0], lower: lower.borrowed,
      as: SessionCommit.Description(
        branch: branch, message: "Change it all", time: LayeredSession.time))
  }

  /// The content, modes and names of what git tracks.
  private func tracked(_ session: LayeredSession, _ path: String) throws -> String {
    try session.playground.shell(
      """
      cd '\(path)'; find . -path ./.git -prune -o -type f -perm -100 -printf '%P x\\n' \\
        -o -type f -printf '%P\\n' -o -type l -printf '%P -> %l\\n' | sort
      find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
      """)
  }

  @Test(arguments: [false, true])
  func `the branch checked out gives the session's tree`(isPacked: Bool) throws {
    let session = try LayeredSession(
      repository: "git init -q -b main .; git add -A; \(Self.identity) commit -qm first"
        + (isPacked ? "; git gc -q; git pack-refs --all" : ""))
    let before = try session.playground.shell(
      "git status --porcelain; sha256sum .git/index .git/HEAD .git/config; ls .git/logs/refs/heads")
    let made = try commit(session)
    _ = try session.expected()
    try session.playground.shell(
      "git worktree list; git clone -q -b cowbox/changes . ../clone; cd ../expected; rm -rf .git")
    let place = session.playground.path
    #expect(try tracked(session, place + "/clone") == tracked(session, place + "/expected"))
    #expect(made.leftOut == ["new/fifo"])
    #expect(
      try session.playground.shell("git rev-parse cowbox/changes") == made.id + "\n")
    #expect(
      try session.playground.shell("git log -1 --format=%P cowbox/changes; git rev-parse main")
        .split(separator: "\n").reduce(into: Set()) { $0.insert($1) }.count == 1)
    try session.playground.shell("git fsck --strict --no-dangling")
    let after = try session.playground.shell(
      "git status --porcelain; sha256sum .git/index .git/HEAD .git/config; ls .git/logs/refs/heads")
    #expect(before == after)
  }

  @Test func `new files that the project ignores are left out, and said`() throws {
    let session = try LayeredSession(
      repository: """
        printf 'new/*\\n!new/h1\\nold/\\n' > .gitignore; touch -d @1500000000.5 .gitignore .
        git init -q -b main .; git add -A -f; \(Self.identity) commit -qm first
        """)
    let made = try commit(session)
    let long = LayeredSession.long
    #expect(
      made.ignored.sorted()
        == [
          "new/fifo", "new/h2", "new/link", "old/fresh",
          ByteString("new/\(long)/\(long)"),
        ].sorted())
    let names = try session.playground.shell("git ls-tree -r --name-only cowbox/changes")
    #expect(names.contains("new/h1"))
    #expect(!names.contains("new/h2"))
  }

  @Test func `a branch that is there, or in the way, is never moved`() throws {
    let session = try LayeredSession(
      repository: """
        git init -q -b main .; git add -A; \(Self.identity) commit -qm first
        git branch taken; git branch packed; git pack-refs --all; git branch loose/inner
        """)
    let before = try session.playground.shell("git for-each-ref")
    for name in ["main", "taken", "packed", "loose/inner", "loose", "packed/below"] {
      #expect(throws: GitError.self, "\(name)") { try commit(session, name) }
    }
    for name in ["", "a..b", "a b", "-x", "a.lock", "a/.b", "/a", "a/", "a//b", "@", "a\u{7}"] {
      #expect(throws: GitError.self, "\(name)") { try commit(session, name) }
    }
    #expect(try session.playground.shell("git for-each-ref") == before)
  }

  @Test func `a project without a repository of its own is refused`() throws {
    let session = try LayeredSession()
    #expect(throws: GitError.self) { try commit(session) }
  }
}
