import Harness
import Linux
import Testing

/// `apply -p`, `discard -p`, and what else says which part is meant.
@Suite struct ChoosingTests {
  private func started() throws -> Playground {
    let place = try Playground()
    try place.shell("seq 1 30 > f; echo a > a; echo gone > gone")
    let script =
      "sed -i 's/^2$/two/; s/^15$/fifteen/; s/^29$/last/' f; echo b >> a; rm gone; echo n > new"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    return place
  }

  private func ask(
    _ place: Playground, _ words: [String], _ answers: String, editor: String = "false"
  )
    throws -> Finished
  {
    var command = place.cowbox(environment: ["EDITOR": editor])
    command.words += words
    command.input = Array(answers.utf8)
    return try command.run()
  }

  @Test func `apply -p takes the hunks that were answered with y, and leaves the rest pending`()
    throws
  {
    let place = try started()
    // gone: n; a: d; f: y n y; new: y
    let ended = try ask(place, ["apply", "-p"], "n\nd\ny\nn\ny\ny\n")
    #expect(ended.status == 0, "\(ended.complaint)\n\(ended.text)")
    #expect(ended.text.contains("(1/3) Apply this hunk [y,n,q,a,d,j,k,e,?]?"), "\(ended.text)")
    #expect(
      try place.shell("sed -n '2p;15p;29p' f; cat a new gone") == "two\n15\nlast\na\nn\ngone\n")
    let left = try place.cowbox("diff").run().text
    #expect(left.contains("-15\n+fifteen\n") && !left.contains("+two"), "\(left)")
    #expect(try place.cowbox("diff", "--name-status").run().text == "D\tgone\nM\ta\nM\tf\n")
    #expect(try place.cowbox("apply").run().status == 0)
    #expect(
      try place.shell("sed -n '2p;15p;29p' f; cat a; ls") == "two\nfifteen\nlast\na\nb\na\nf\nnew\n"
    )
  }

  @Test func `q keeps what was answered before, and the end of the answers is q`() throws {
    for end in ["q\n", ""] {
      let place = try started()
      let ended = try ask(place, ["apply", "-p", "f"], "y\n" + end)
      #expect(ended.status == 0)
      #expect(try place.shell("sed -n '2p;15p;29p' f") == "two\n15\n29\n")
    }
  }

  @Test func `s splits, e edits, ? helps, and what can't be is said`() throws {
    let place = try Playground()
    try place.shell("seq 1 9 > f")
    try place.shell("true")
    let run = try place.cowbox("run", "--", "sed", "-i", "s/^2$/two/; s/^7$/seven/", "f").run()
    #expect(run.status == 0)
    let ended = try ask(
      place, ["apply", "-p"], "?\ns\nn\ne\n", editor: "sed -i s/seven/SEVEN/")
    #expect(ended.status == 0, "\(ended.complaint)\n\(ended.text)")
    #expect(ended.text.contains("split into 2 hunks") && ended.text.contains("s - split this hunk"))
    #expect(try place.shell("sed -n '2p;7p' f") == "2\nSEVEN\n")
    let left = try place.cowbox("diff").run().text
    #expect(left.contains("-SEVEN\n+seven\n") && left.contains("-2\n+two\n"), "\(left)")
    let refused = try ask(place, ["apply", "-p"], "e\nn\n", editor: "sed -i s/SEVEN/other/")
    #expect(refused.text.contains("no longer those of the file"), "\(refused.text)")
  }

  @Test func `discard -p forgets hunks, and undo brings them back`() throws {
    let place = try started()
    let before = try place.cowbox("diff").run().text
    let ended = try ask(place, ["discard", "-p", "f"], "n\ny\nn\n")
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(
      try place.cowbox("run", "--", "sed", "-n", "2p;15p;29p", "f").run().text == "two\n15\nlast\n")
    #expect(try place.shell("sed -n '2p;15p;29p' f") == "2\n15\n29\n")
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try place.cowbox("diff").run().text == before)
  }

  @Test func `a hunk of a file that was moved on meanwhile is refused`() throws {
    let place = try started()
    try place.shell("echo host >> f")
    let ended = try ask(place, ["apply", "-p"], "y\n")
    #expect(ended.status == 3)
    #expect(ended.complaint.contains("f     modified  changed"))
  }

  @Test func `a step, a list and a kind mean parts of the difference`() throws {
    let place = try started()
    #expect(
      try place.cowbox("run", "--", "sh", "-c", "echo 2 >> new; echo x > later").run().status == 0)
    let steps = try place.cowbox("log", "--json").run().text
    #expect(steps.contains("\"step\": 3"), "\(steps)")
    func names(_ words: String...) throws -> String {
      var command = place.cowbox("diff", "--name-only")
      command.words += words
      return try command.run().text
    }
    #expect(try names("--step", "3") == "later\nnew\n")
    #expect(try names("--step", "2") == "gone\na\nf\nnew\n")
    #expect(try names("--step", "2..3", "--kind", "added") == "later\nnew\n")
    #expect(try names("--kind", "deleted", "--exclude", "g*") == "")
    var listed = place.cowbox("apply", "--from-file0", "-")
    listed.input = Array("a\0new\0".utf8)
    #expect(try listed.run().status == 0)
    #expect(try names() == "gone\nf\nlater\n")
    listed.input = Array("nothing\0".utf8)
    let refused = try listed.run()
    #expect(refused.status == 2 && refused.complaint.contains("means nothing that changed"))
    #expect(try place.cowbox("apply", "--step", "3").run().status == 0)
    #expect(try names() == "gone\nf\n")
  }

  @Test func `hunks are chosen of what both sides made, once that was merged`() throws {
    let place = try started()
    try place.shell("sed -i 's/^22$/host/' f")
    let refused = try ask(place, ["apply", "-p", "f"], "y\n")
    #expect(refused.status == 3)
    let ended = try ask(place, ["apply", "-p", "--merge", "f"], "y\nn\ny\n")
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(ended.complaint.contains("merged 'f' into the session"))
    #expect(!ended.text.contains("-host"), "what the host did is no change of the session")
    #expect(try place.shell("sed -n '2p;15p;22p;29p' f") == "two\n15\nhost\nlast\n")
    let left = try place.cowbox("diff", "f").run().text
    #expect(left.contains("-15\n+fifteen\n") && !left.contains("-host"), "\(left)")
  }

  @Test func `hunks go with a side for what is in conflict`() throws {
    let place = try started()
    try place.shell("echo other > a")
    let ended = try ask(place, ["apply", "-p", "--take", "mine", "a"], "y\n")
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(try place.shell("cat a") == "a\nb\n")
  }

  @Test func `what acts by itself waits for consent, and exit 5 says so`() throws {
    let place = try Playground()
    let script =
      "mkdir -p .github/workflows; echo x > .github/workflows/ci.yml; echo all: > Makefile; echo 1 > a"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    let refused = try place.cowbox("apply").run()
    #expect(refused.status == 5)
    #expect(refused.complaint.contains("'.github/workflows/ci.yml' (ci): the build server runs it"))
    #expect(try place.shell("ls -A") == "")
    #expect(try place.cowbox("apply", "a").run().status == 0)
    #expect(try place.cowbox("apply", "--allow-risky", "ci").run().status == 5)
    let asked = try ask(place, ["apply", "-p", "Makefile"], "y\n")
    #expect(asked.status == 0 && asked.text.contains("risk tasks"), "\(asked.text)")
    #expect(try place.cowbox("apply", "--allow-risky", ".github").run().status == 0)
    #expect(try place.shell("ls -A") == ".github\nMakefile\na\n")
  }
}
