import Harness
import Linux
import Testing

/// `apply -i` and `discard -i`, driven in tmux; what is looked at is the screen.
@Suite(.serialized) struct ReviewerTests {
  /// A terminal of its own, with cowbox in it.
  private final class Terminal {
    let place: Playground
    private let socket: String

    init(_ place: Playground, _ words: String, editor: String = "false") throws {
      self.place = place
      socket = place.path + "/tmux\(UInt32.random(in: 0...UInt32.max))"
      try place.shell(
        """
        COWBOX_STATE='\(place.state)' EDITOR='\(editor)' TERM=xterm-256color \
          tmux -S '\(socket)' -f /dev/null new-session -d -x 100 -y 24 \
          "'\(Playground.binary)' \(words); echo ended=\\$?; exec cat"
        """)
    }

    deinit {
      // A server that has ended by itself is what is wanted.
      _ = try? place.shell("tmux -S '\(socket)' kill-server")
    }

    func send(_ keys: String...) throws {
      for key in keys { try place.shell("tmux -S '\(socket)' send-keys '\(key)'") }
    }

    var screen: String {
      get throws { try place.shell("tmux -S '\(socket)' capture-pane -p") }
    }

    /// Waits until the screen holds a text, and answers it.
    @discardableResult
    func expect(_ text: String, line: SourceLocation = #_sourceLocation) throws -> String {
      for _ in 0..<200 {
        if try screen.contains(text) { return try screen }
        try place.shell("sleep 0.05")
      }
      let last = try screen
      Issue.record("no '\(text)' in\n\(last)", sourceLocation: line)
      return last
    }
  }

  private func started() throws -> Playground {
    let place = try Playground()
    try place.shell("seq 1 60 > long; echo a > a; echo gone > gone")
    let script =
      "sed -i 's/^2$/two/; s/^5$/five/; s/^50$/fifty/' long; echo b >> a; rm gone; echo all: > Makefile"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    return place
  }

  @Test func `who leaves is told that nothing was done`() throws {
    let terminal = try Terminal(started(), "apply -i")
    try terminal.expect("review of diff")
    try terminal.send("q")
    #expect(try terminal.expect("ended=0").contains("cowbox: nothing was applied"))
  }

  @Test func `files and hunks are taken by keys, and what is not taken stays pending`() throws {
    let place = try started()
    let terminal = try Terminal(place, "apply -i")
    let first = try terminal.expect("0 of 4 changes taken")
    #expect(first.contains("[ ] D gone") && first.contains("[ ] A ! Makefile"), "\(first)")
    #expect(first.contains("[ ] M long") && first.contains("space take"), "\(first)")
    // To the long file, into its diff, its second hunk alone.
    try terminal.send("j", "j", "j", "Tab", "j", "Space")
    let taken = try terminal.expect("[~] M long")
    #expect(taken.contains("1 of 4 changes taken") && taken.contains("+fifty"), "\(taken)")
    // The first hunk split: only its second half.
    try terminal.send("k", "s", "j", "Space", "A")
    try terminal.expect("Apply 1 change to the project? [y,n]")
    try terminal.send("y")
    try terminal.expect("ended=0")
    #expect(
      try place.shell("sed -n '2p;5p;50p' long; cat a gone; ls")
        == "2\nfive\nfifty\na\ngone\na\ngone\nlong\n")
    let names = try place.cowbox("diff", "--name-status").run().text
    #expect(names == "D\tgone\nA\tMakefile\nM\ta\nM\tlong\n", "\(names)")
  }

  @Test func `risks are asked for one by one`() throws {
    let place = try started()
    let terminal = try Terminal(place, "apply -i")
    try terminal.expect("0 of 4")
    try terminal.send("a")
    try terminal.expect("Makefile (tasks: task runners")
    try terminal.send("n")
    try terminal.expect("3 of 4 changes taken")
    try terminal.send("j", "Space")
    try terminal.expect("Take it? [y,n]")
    try terminal.send("y")
    try terminal.expect("4 of 4 changes taken")
    try terminal.send("A", "y")
    try terminal.expect("ended=0")
    #expect(try place.cowbox("diff", "--name-only").run().text == "")
    #expect(try place.shell("cat Makefile a") == "all:\na\nb\n")
  }

  @Test func `a search goes to the line, an edited hunk lands as edited, q does nothing`() throws {
    let place = try started()
    var terminal = try Terminal(place, "apply -i long", editor: "sed -i s/fifty/FIFTY/")
    try terminal.expect("0 of 1")
    try terminal.send("/", "f", "i", "f", "t", "Enter", "e")
    try terminal.expect("took the hunk as edited")
    try terminal.expect("+FIFTY")
    try terminal.send("/", "n", "o", "n", "e", "Enter")
    try terminal.expect("is nowhere")
    try terminal.send("A", "y")
    try terminal.expect("ended=0")
    #expect(try place.shell("sed -n '2p;50p' long") == "2\nFIFTY\n")
    terminal = try Terminal(place, "discard -i")
    try terminal.expect("0 of 4")
    try terminal.send("Space", "D", "n", "?")
    try terminal.expect("Any key goes on")
    try terminal.send("x", "q")
    try terminal.expect("ended=0")
    #expect(
      try place.cowbox("diff", "--name-status").run().text
        == "D\tgone\nA\tMakefile\nM\ta\nM\tlong\n")
    terminal = try Terminal(place, "discard -i")
    try terminal.expect("0 of 4")
    try terminal.send("Space", "D", "y")
    try terminal.expect("ended=0")
    #expect(try place.cowbox("diff", "--name-status").run().text == "A\tMakefile\nM\ta\nM\tlong\n")
  }

  @Test func `what a terminal would obey is shown, and a session that moved on is not applied`()
    throws
  {
    let place = try Playground()
    let script = "printf 'x\\033]0;title\\007\\342\\200\\256y\\n' > \"$(printf 'e\\033[31m')\""
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    let terminal = try Terminal(place, "apply -i")
    let shown = try terminal.expect("\\033]0;title")
    #expect(shown.contains("e\\033[31m") && shown.contains("\\342\\200\\256y"), "\(shown)")
    try terminal.send("Space", "y")
    try terminal.expect("1 of 1 change taken")
    #expect(try place.cowbox("run", "--", "touch", "later").run().status == 0)
    try terminal.send("A", "y")
    try terminal.expect("ended=3")
    #expect(try place.shell("ls") == "")
  }

  @Test func `without a terminal it is refused, and -p is named`() throws {
    let place = try started()
    let refused = try place.cowbox("apply", "-i").run()
    #expect(refused.status == 2 && refused.complaint.contains("'-p' asks line by line"))
  }
}
