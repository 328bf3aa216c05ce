import Harness
import Testing

/// Branches that come back: commit and promote, with the built program.
@Suite struct MergeTests {
  /// A session `main` and a branch `side` of it, each with what its script does.
  private func started(_ before: String, main: String, side: String) throws -> Playground {
    let place = try Playground()
    try place.shell("seq 20 > n; mkdir -p d/e; echo x > d/e/x; echo k > k; printf '\\0b' > bin")
    try run(place, "run", before)
    let name = try place.shell("ls '\(place.state)/sessions'").split(separator: "\n")[0]
    #expect(try place.cowbox("rename", String(name), "main").run().status == 0)
    #expect(try place.cowbox("branch", "side").run().status == 0)
    try run(place, "side", side)
    try run(place, "main", main)
    return place
  }

  private func run(_ place: Playground, _ session: String, _ script: String) throws {
    var command = place.cowbox("-q", "run")
    if session != "run" { command.words += ["--in", session] }
    command.words += ["--", "sh", "-euc", script]
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.complaint)")
  }

  private func seen(_ place: Playground, _ script: String) throws -> String {
    try place.cowbox("-q", "run", "--in", "main", "--", "sh", "-euc", script).run().text
  }

  private func commit(_ place: Playground, _ options: String...) throws -> Finished {
    var command = place.cowbox("commit", "side")
    command.words += options
    return try command.run()
  }

  @Test func `a commit brings what the branch did to what its session did meanwhile`() throws {
    let place = try started(
      "sed -i s/^1$/one/ n; mkdir new; echo 1 > new/1; mv d dd",
      main: "sed -i s/^10$/ten/ n; echo 3 > new/3; echo z > dd/e/z",
      side: """
        sed -i s/^20$/twenty/ n; echo 2 > new/2; rm k; mv dd/e/x dd/e/y; ln new/1 new/l
        chmod 700 bin; ln -s n link; setfattr -n user.a -v b new/1
        """)
    let ended = try commit(place)
    #expect(ended.status == 0, "\(ended.complaint)")
    let tree = try seen(place, "find . -printf '%P %y %m %n\\n' | sort; grep -n '[a-z]' n")
    for line in [
      "bin f 700 1", "dd/e/y f 644 1", "dd/e/z f 644 1", "link l 777 1", "new/1 f 644 2",
      "new/2 f 644 1", "new/3 f 644 1", "new/l f 644 2", "1:one", "10:ten", "20:twenty",
    ] { #expect(tree.contains(line + "\n"), "\(line) in \(tree)") }
    #expect(!tree.contains("dd/e/x") && !tree.contains("\nk f") && !tree.contains("\nd d"))
    #expect(try seen(place, "getfattr --only-values -n user.a new/l") == "b")
    #expect(try place.cowbox("fsck").run().status == 0)
    #expect(try commit(place).complaint.contains("has all of side already"))
    #expect(try place.cowbox("undo", "-s", "main").run().status == 0)
    #expect(try seen(place, "grep -c '[a-z]' n; ls new") == "2\n1\n3\n")
  }

  @Test func `a branch may be committed again, and brings only what is new`() throws {
    let place = try started("echo 1 > a", main: "echo m > m", side: "echo 2 >> a; echo s > s")
    #expect(try commit(place).status == 0)
    try run(place, "main", "echo host > s; sed -i s/1/one/ a")
    try run(place, "side", "echo 3 >> a; echo t > t")
    let ended = try commit(place)
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(try seen(place, "cat a m s t") == "one\n2\n3\nm\nhost\nt\n")
    #expect(try place.cowbox("apply", "-s", "main").run().status == 0)
    #expect(try place.shell("cat a m s t") == "one\n2\n3\nm\nhost\nt\n")
  }

  static let conflicts: [(main: String, side: String, path: String)] = [
    ("sed -i s/^7$/a/ n", "sed -i s/^7$/b/ n", "'n': both changed the content"),
    ("echo a >> n", "sed -i s/^20$/b/ n", "'n': both changed the content"),
    ("echo a >> bin", "echo b >> bin", "'bin': both changed the content"),
    ("echo a >> new/1", "rm -r new", "'new/1': the branch deleted it"),
    ("rm -r new", "echo b >> new/1", "'new/1': the branch changed it"),
    ("rm -r new", "echo b > new/2", "'new/2': the branch changed it"),
    ("mv new a", "mv new b", "both moved it, to different places"),
    ("mv new/1 new/a", "mv new/1 new/b", "both moved it, to different places"),
    ("echo a > x", "mkdir x", "'x': both gave the name"),
    ("chmod 600 new/1", "chmod 700 new/1", "'new/1': both changed mode"),
    ("mkdir d1 d2", "true", ""),
  ]

  @Test(arguments: conflicts)
  func `what both did in different ways stops a commit, and nothing is merged`(
    main: String, side: String, path: String
  ) throws {
    let place = try started("mkdir new; echo 1 > new/1; echo > n1", main: main, side: side)
    let before = try place.cowbox("diff", "-s", "main").run().text
    let ended = try commit(place)
    #expect(ended.status == (path.isEmpty ? 0 : 3), "\(ended.complaint)")
    #expect(path.isEmpty || ended.complaint.contains(path), "\(ended.complaint)")
    #expect(try place.cowbox("diff", "-s", "main").run().text == before)
  }

  @Test func `contents that conflict are settled by a side, or by markers`() throws {
    for (options, wanted) in [
      (["--take", "branch"], "b\n"), (["--take", "session"], "a\n"), (["--markers"], "=======\n"),
    ] {
      let place = try started("echo x > c", main: "echo a > c", side: "echo b > c")
      var command = place.cowbox("commit", "side")
      command.words += options
      #expect(try command.run().status == 0)
      #expect(try seen(place, "cat c").contains(wanted))
    }
  }

  @Test func `promote applies one, and names the others that conflict now`() throws {
    let place = try started("echo b > b", main: "echo m >> n", side: "echo s >> n; echo o > o")
    #expect(try place.cowbox("branch", "apart", "--from", "1").run().status == 0)
    try run(place, "apart", "echo p > p")
    let ended = try place.cowbox("promote", "main").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(try place.shell("tail -n 1 n") == "m\n")
    #expect(ended.complaint.contains("session side conflicts now in 1 place"))
    #expect(ended.complaint.contains("'n' was changed") && !ended.complaint.contains("apart"))
  }
}
