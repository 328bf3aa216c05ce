import Harness
import Linux
import Testing

/// What apply and refresh do where the project has changed meanwhile, with the built program.
@Suite struct ConflictTests {
  /// A session that changed the third line and more, of a project that then changed the fifteenth.
  private func started() throws -> Playground {
    let place = try Playground()
    try place.shell("seq 1 20 > a.txt; echo x > b; mkdir d; echo y > d/y; printf 'a\\0b' > bin")
    let script =
      "sed -i 's/^3$/three/' a.txt; echo more >> b; echo new > d/new; rm d/y; printf 'c\\0d' > bin"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    try place.shell("sed -i 's/^15$/fifteen/' a.txt")
    return place
  }

  @Test func `conflicts are told as JSON, with exit status 3 and nothing written`() throws {
    let place = try started()
    let before = try Playground.fingerprint(of: place.project)
    let ended = try place.cowbox("apply", "--json").run()
    #expect(ended.status == 3)
    #expect(ended.text.contains("\"cowbox-conflicts-1\""), "\(ended.text)")
    #expect(ended.text.contains("\"path\": \"a.txt\""), "\(ended.text)")
    #expect(try Playground.fingerprint(of: place.project) == before)
  }

  @Test func `merge lets both sides' lines land, and revert brings the project's back`() throws {
    let place = try started()
    let ended = try place.cowbox("apply", "--merge").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(ended.complaint.contains("merged 'a.txt'"), "\(ended.complaint)")
    try place.shell("grep -qx three a.txt; grep -qx fifteen a.txt; grep -qx more b; test ! -e d/y")
    #expect(try place.cowbox("revert").run().status == 0)
    try place.shell("grep -qx 3 a.txt; grep -qx fifteen a.txt; test -e d/y")
  }

  @Test func `a merge of the same lines needs markers, and of binary files is refused`() throws {
    let place = try started()
    try place.shell("sed -i 's/^3$/III/' a.txt")
    let refused = try place.cowbox("apply", "--merge").run()
    #expect(refused.status == 3)
    #expect(refused.complaint.contains("both sides changed the same lines"), "\(refused.complaint)")
    #expect(try place.cowbox("apply", "--markers", "a.txt").run().status == 0)
    try place.shell("grep -q '^<<<<<<< session' a.txt; grep -qx III a.txt; grep -qx three a.txt")
    try place.shell("printf 'e\\0f' > bin")
    let binary = try place.cowbox("apply", "--markers").run()
    #expect(binary.status == 3)
    #expect(binary.complaint.contains("binary files can't be merged"), "\(binary.complaint)")
  }

  @Test func `take mine lets the session win, take theirs the project, by path if wanted`() throws {
    let place = try started()
    try place.shell("echo host >> b")
    let ended = try place.cowbox("apply", "--take", "theirs", "--take", "mine=b").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    try place.shell("grep -qx 3 a.txt; grep -qx fifteen a.txt; printf 'x\\nmore\\n' | cmp - b")
    #expect(try place.cowbox("diff", "--exit-code").run().status == 0)
    #expect(try place.cowbox("apply", "--take", "ours").run().status == 2)
  }

  @Test func `skip-conflicts applies the rest and leaves what is in conflict pending`() throws {
    let place = try started()
    let ended = try place.cowbox("apply", "--skip-conflicts").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    try place.shell("grep -qx more b; test ! -e d/y; grep -qx 3 a.txt")
    #expect(try place.cowbox("diff", "--name-only").run().text == "a.txt\n")
  }

  @Test func `take mine makes again what the project took away, with the directories above`() throws
  {
    let place = try started()
    try place.shell("rm -r d")
    #expect(try place.cowbox("apply").run().complaint.contains("parent gone"))
    #expect(try place.cowbox("apply", "--take", "mine").run().status == 0)
    try place.shell("grep -qx new d/new; grep -qx three a.txt; ! grep -qx fifteen a.txt")
  }

  @Test func `a dry run says what would happen, and writes nothing`() throws {
    let place = try started()
    let before = try Playground.fingerprint(of: place.project)
    let ended = try place.cowbox("apply", "--dry-run", "--merge").run()
    #expect(ended.status == 0)
    #expect(ended.complaint.contains("nothing was written"), "\(ended.complaint)")
    #expect(try Playground.fingerprint(of: place.project) == before)
  }

  @Test func `apply to a copy leaves project and session, and is reverted there`() throws {
    let place = try started()
    try place.shell("cp -a . ../copy; sed -i 's/^fifteen$/15/' ../copy/a.txt")
    let before = try Playground.fingerprint(of: place.project)
    let ended = try place.cowbox("apply", "--to", "../copy").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(try Playground.fingerprint(of: place.project) == before)
    try place.shell("grep -qx three ../copy/a.txt; grep -qx more ../copy/b; test ! -e ../copy/d/y")
    #expect(try place.cowbox("diff", "--exit-code").run().status == 1)
    #expect(try place.cowbox("revert", "--to", "../copy").run().status == 0)
    try place.shell("grep -qx 3 ../copy/a.txt; test -e ../copy/d/y")
  }

  @Test func `in place keeps the project's inode`() throws {
    let place = try started()
    let inode = try place.shell("stat -c %i b")
    #expect(try place.cowbox("apply", "--in-place", "b").run().status == 0)
    #expect(try place.shell("stat -c %i b") == inode)
    try place.shell("grep -qx more b")
  }

  @Test func `a directory that the user may not write stops an apply before its first write`()
    throws
  {
    guard Process.user != 0 else { return }
    let place = try started()
    try place.shell("sed -i 's/^fifteen$/15/' a.txt; chmod 555 d")
    let ended = try place.cowbox("apply").run()
    try place.shell("chmod 755 d")
    #expect(ended.status == 1)
    #expect(ended.complaint.contains("cannot write in 'd'"), "\(ended.complaint)")
    try place.shell("grep -qx 3 a.txt; test ! -e d/new")
  }

  @Test func `refresh merges into the session and knows the project as it is`() throws {
    let place = try started()
    let ended = try place.cowbox("refresh").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    try place.shell("grep -qx 3 a.txt")
    let seen = try place.cowbox("run", "--", "sed", "-n", "3p;15p", "a.txt").run()
    #expect(seen.text == "three\nfifteen\n")
    #expect(try place.cowbox("apply").run().status == 0)
    try place.shell("grep -qx three a.txt; grep -qx fifteen a.txt")
  }

  @Test func `refresh lists what can't be merged, and undo takes it back`() throws {
    let place = try started()
    try place.shell("echo host > b")
    let ended = try place.cowbox("refresh").run()
    #expect(ended.status == 3)
    #expect(ended.complaint.contains("b     modified  changed"), "\(ended.complaint)")
    #expect(try place.cowbox("refresh", "--take", "mine=b").run().status == 0)
    #expect(try place.cowbox("apply").run().status == 0)
    try place.shell("grep -qx more b; grep -qx fifteen a.txt")
  }

  @Test func `a repository that moved on the host takes no change of the session's`() throws {
    let place = try Playground()
    let git = "git -c user.name=n -c user.email=e -c commit.gpgsign=false"
    try place.shell("git init -q -b main .; echo 1 > f; git add f; \(git) commit -qm one")
    let commit = "echo 2 > g; git add g; \(git) commit -qm two"
    #expect(
      try place.cowbox("run", "--env", "HOME", "--", "sh", "-c", commit).run().status == 0)
    try place.shell("git checkout -qb other; echo 3 > h; git add h; \(git) commit -qm three")
    let refused = try place.cowbox("apply").run()
    #expect(refused.status == 3)
    #expect(refused.complaint.contains("repository moved"), "\(refused.complaint)")
    #expect(try place.cowbox("apply", "--skip-conflicts").run().status == 0)
    try place.shell(
      "test -e g; test \"$(git log --oneline main | wc -l)\" = 1; git fsck --no-progress")
  }

  @Test func `a commit of the session lands whole with one path of it, and git finds all clean`()
    throws
  {
    let place = try Playground()
    let git = "git -c user.name=n -c user.email=e -c commit.gpgsign=false"
    try place.shell("git init -q -b main .; echo 1 > f; git add f; \(git) commit -qm one")
    let commit = "echo 2 > g; git add g; \(git) commit -qm two"
    #expect(try place.cowbox("run", "--", "sh", "-c", commit).run().status == 0)
    #expect(try place.cowbox("apply", ".git/refs", "g").run().status == 0)
    try place.shell(
      "test \"$(git log --oneline | wc -l)\" = 2; git fsck --no-progress; "
        + "test -z \"$(git status --porcelain)\"")
  }

  @Test func `an index that the host's git only refreshed is no conflict`() throws {
    let place = try Playground()
    let who = "git config user.name a; git config user.email a@example.org"
    try place.shell("git init -q; \(who); echo a > a; echo b > b; git add .; git commit -qm one")
    let script = "echo c > c; git add c; git commit -qm two"
    #expect(try place.cowbox("run", "--", "sh", "-euc", script).run().status == 0)
    try place.shell("touch -d @1000000000 a b; git update-index --refresh")
    let ended = try place.cowbox("apply").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(try place.shell("git status --porcelain; git log --format=%s") == "two\none\n")
    _ = try place.cowbox("run", "--", "sh", "-euc", "git rm -q c; git commit -qm three").run()
    try place.shell("echo staged >> a; git add a")
    #expect(try place.cowbox("apply").run().status == 3)
  }

  @Test(arguments: [[], ["--in-place"]])
  func `an index that the host's git refreshed after an apply is no conflict of a revert`(
    options: [String]
  ) throws {
    let place = try Playground()
    let who = "git config user.name a; git config user.email a@example.org"
    try place.shell("git init -q; \(who); echo a > a; echo b > b; git add .; git commit -qm one")
    let script = "echo c > c; git add c; git commit -qm two"
    #expect(try place.cowbox("run", "--", "sh", "-euc", script).run().status == 0)
    let apply = Command(
      [Playground.binary, "apply"] + options, in: place.project,
      environment: place.cowbox("apply").environment)
    for time in [1_000_000_000, 1_100_000_000] {
      #expect(try apply.run().status == 0)
      try place.shell("touch -d @\(time) a b; git update-index --refresh")
      let ended = try place.cowbox("revert").run()
      #expect(ended.status == 0, "\(ended.complaint)")
      #expect(try place.shell("git status --porcelain; git log --format=%s") == "one\n")
      try place.shell("touch -d @\(time - 1) a b; git update-index --refresh")
    }
    #expect(try apply.run().status == 0)
    #expect(try place.shell("git status --porcelain; git log --format=%s") == "two\none\n")
    try place.shell("echo staged >> a; git add a")
    #expect(try place.cowbox("revert").run().status == 3)
  }

  @Test func `a revert knows an index in a repository that it takes away, or that was taken back`()
    throws
  {
    let place = try Playground()
    let who = "git config user.name a; git config user.email a@example.org"
    let first = "git init -q --template=; \(who); git add .; git commit -qm one"
    let apply = place.cowbox("apply", "--allow-risky", "git-config")
    try place.shell("echo a > a; echo b > b")
    #expect(try place.cowbox("run", "--", "sh", "-euc", first).run().status == 0)
    #expect(try apply.run().status == 0)
    try place.shell("touch -d @1000000000 a; git update-index --refresh")
    let gone = try place.cowbox("revert").run()
    #expect(gone.status == 0, "\(gone.complaint)")
    #expect(try place.shell("ls -A") == "a\nb\n")
    #expect(try apply.run().status == 0)
    let second = "echo c > c; git add c; git commit -qm two"
    #expect(try place.cowbox("run", "--", "sh", "-euc", second).run().status == 0)
    #expect(try apply.run().status == 0)
    try place.shell("touch -d @1000000000 b; git rm -q --cached c; git update-index --refresh")
    let back = try place.cowbox("revert").run()
    #expect(back.status == 0, "\(back.complaint)")
    #expect(try place.shell("git status --porcelain; git log --format=%s") == "one\n")
    #expect(try apply.run().status == 0)
    #expect(try place.shell("git status --porcelain; git log --format=%s") == "two\none\n")
  }
}
