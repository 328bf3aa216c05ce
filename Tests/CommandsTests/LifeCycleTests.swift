import Harness
import Linux
import Testing

/// What becomes of sessions: names, archives, checks, clearing away.
@Suite struct LifeCycleTests {
  private func started() throws -> (Playground, String) {
    let place = try Playground()
    try place.shell("seq 9 > numbers; echo a > a")
    let ended = try place.cowbox(
      "run", "--", "sh", "-c", "sed -i s/5/five/ numbers; mv a b; echo n > n"
    ).run()
    #expect(ended.status == 0, "\(ended.complaint)")
    return (place, try place.shell("ls '\(place.state)/sessions'").split(separator: "\n")[0] + "")
  }

  private func check(_ command: Command, _ status: Int32 = 0, says words: String = "") throws {
    let ended = try command.run()
    #expect(ended.status == status, "\(command.words): \(ended.complaint)")
    #expect(ended.complaint.contains(words), "\(ended.complaint)")
  }

  @Test func `an export that is imported and exported again is the same to the byte`() throws {
    let (place, name) = try started()
    let before = try place.cowbox("diff").run().text
    try check(place.cowbox("export", name, "../one"))
    try check(place.cowbox("export", name, "../one"), 2, says: "exists")
    try check(place.cowbox("import", "../one", "again"))
    try check(place.cowbox("import", "../one", "again"), 2, says: "already")
    try check(place.cowbox("export", "again", "../two"))
    try place.shell("cmp ../one ../two")
    #expect(try place.cowbox("diff", "--session", "again").run().text == before)
    let log = try place.cowbox("log", "--session", "again").run().text
    #expect(log.contains("sed -i"), "\(log)")
    try check(place.cowbox("run", "--in", "again", "--", "grep", "-q", "five", "numbers"))
  }

  @Test func `an archive of another place works where it is taken to`() throws {
    let (place, name) = try started()
    try check(place.cowbox("export", name, "../one"))
    try place.shell("cp -a . ../elsewhere; mv ../project ../gone; mkdir ../project")
    try check(
      place.cowbox("import", "--project", place.path + "/elsewhere", "../one", "there"))
    var command = place.cowbox("run", "--in", "there", "--", "cat", "b")
    command.directory = place.path + "/elsewhere"
    #expect(try command.run().text == "a\n")
    command = place.cowbox("apply", "--session", "there")
    command.directory = place.path + "/elsewhere"
    try check(command)
    #expect(try place.shell("cat ../elsewhere/b ../elsewhere/n") == "a\nn\n")
  }

  @Test func `what is no archive, or is damaged, is refused and leaves nothing behind`() throws {
    let (place, name) = try started()
    try check(place.cowbox("export", name, "../one"))
    let before = try place.shell("ls -A '\(place.state)/sessions'")
    try place.shell(
      """
      echo nonsense > ../text; : > ../empty; head -c 9000 ../one > ../short
      cp ../one ../flipped; printf '\\001' | dd of=../flipped bs=1 seek=20000 conv=notrunc 2>/dev/null
      cp ../one ../newer; sqlite3 ../newer 'PRAGMA user_version = 99'
      """)
    for file in ["text", "empty", "short", "flipped", "newer"] {
      try check(place.cowbox("import", "../\(file)", "bad"), 1, says: "archive")
    }
    #expect(try place.shell("ls -A '\(place.state)/sessions'") == before)
  }

  @Test func `the patch and the git branch give the session's tree`() throws {
    let (place, name) = try started()
    try place.shell(
      """
      git init -q -b main .; git config user.name N; git config user.email e@x; git add .
      git commit -q -m one; cp -a . ../copy
      """)
    try check(place.cowbox("export", "--format", "patch", name, "../patch"))
    try place.shell("cd ../copy; git apply ../patch; cat b n; grep -q five numbers; test ! -e a")
    let before = try Playground.fingerprint(of: place.project)
    try check(place.cowbox("export", "--format", "git", "result", "-q"))
    try place.shell("git fsck --strict; git -C ../copy fetch -q ../project result")
    try place.shell("cd ../copy; git add -A; git diff --cached --exit-code FETCH_HEAD")
    let after = try Playground.fingerprint(of: place.project)
    #expect(before != after, "the branch is new")
    #expect(try place.shell("git status --porcelain") == "")
  }

  @Test func `a session is found by its new name, and its branches know it`() throws {
    let (place, name) = try started()
    try check(place.cowbox("branch", "side"))
    try check(place.cowbox("rename", name, "side"), 2, says: "choose another name")
    try check(place.cowbox("rename", name, "main"))
    #expect(try place.cowbox("list").run().text.contains("main 2"))
    #expect(try place.cowbox("log", "-s", "main").run().text.contains("(branch side)"))
    try check(place.cowbox("log", "-s", name), 2)
  }

  @Test func `unapplied work stays, whatever is cleared away`() throws {
    let (place, name) = try started()
    try check(place.cowbox("rm", name), 4, says: "not applied")
    try check(place.cowbox("gc", "--older-than", "0s", "--max-size", "1"), says: "unapplied work")
    try place.shell("sleep 1.1")
    try check(place.cowbox("gc", "--older-than", "0s"), says: "kept session \(name)")
    try check(place.cowbox("apply"))
    try check(place.cowbox("gc", "--dry-run", "--max-size", "1"), says: "would remove session")
    try check(place.cowbox("gc", "--max-size", "1"), says: "removed session")
    #expect(try place.shell("ls -A '\(place.state)/sessions'") == "")
  }

  @Test func `a damaged session is found, and what is whole of it is brought back`() throws {
    let (place, name) = try started()
    try check(place.cowbox("fsck"))
    let session = "'\(place.state)'/sessions/\(name)"
    try place.shell("rm \(session)/objects/*; cp \(session)/session.db ../kept.db")
    try check(place.cowbox("fsck"), 1)
    #expect(try place.cowbox("fsck").run().text.contains("is missing"))
    try check(place.cowbox("fsck", "--repair", name))
    try check(place.cowbox("fsck"))
    let names = try place.cowbox("diff", "--name-status").run().text
    #expect(names.contains("n.lost-"), "\(names)")
    try place.shell(
      """
      dd if=/dev/urandom of=\(session)/session.db bs=4096 count=1 conv=notrunc \
        seek=$(($(stat -c %s \(session)/session.db) / 4096 - 1)) 2>/dev/null
      """)
    let found = try place.cowbox("fsck", "--json").run()
    #expect(found.status == 1, "\(found.text)")
    try check(place.cowbox("fsck", "--repair", name))
    try check(place.cowbox("fsck"))
    try check(place.cowbox("diff"))
  }

  @Test func `sessions overlap where they change the same, and differ where they don't`() throws {
    let (place, name) = try started()
    try check(place.cowbox("branch", "side"))
    try check(place.cowbox("run", "--in", "side", "--", "sh", "-c", "echo 2 > n; echo s > s"))
    let patch = try place.cowbox("compare", name, "side").run().text
    #expect(patch.contains("-n\n+2\n") && patch.contains("+++ b/s\n"), "\(patch)")
    #expect(!patch.contains("numbers"))
    let table = try place.cowbox("compare", name, "side", name).run().text
    #expect(table.contains("differs") && table.contains("same"), "\(table)")
    try check(place.cowbox("compare", "--exit-code", name, "side"), 1)
    try check(place.cowbox("compare", "--exit-code", name, name))
  }

  @Test func `nothing is wrong with a session after applies, reverts and gc`() throws {
    let place = try Playground()
    try place.shell("seq 9 > a; echo old > b")
    let bases = { try place.shell("ls ../state/sessions/*/base | wc -l") }
    try check(place.cowbox("run", "--", "sh", "-c", "sed -i s/8/new/ a; rm b; echo c > c"))
    try check(place.cowbox("fsck"))
    try check(place.cowbox("apply"))
    try check(place.cowbox("fsck"))
    try check(place.cowbox("revert"))
    try check(place.cowbox("fsck"))
    // What the session changed before is pinned again, with what it takes to merge.
    try place.shell("sed -i s/2/two/ a")
    try check(place.cowbox("apply", "--merge"))
    #expect(try place.shell("grep -c 'two\\|new' a") == "2\n")
    #expect(try bases() != "0\n")
    try place.shell("find ../state/sessions/*/apply -exec touch -d @1 {} +")
    try check(place.cowbox("gc", "--older-than", "7d"))
    #expect(try bases() == "0\n")
    try check(place.cowbox("fsck"))
  }
}
