import Harness
import Linux
import Testing

@testable import Commands

/// What is offered for an unfinished command line, by itself and in the real shells.
@Suite struct CompletionTests {
  private func words(_ line: String...) -> [String] {
    guard case .words(let found) = Completion.offer(for: line.map { ByteString($0) }) else {
      return ["no words"]
    }
    return found.map(\.word.printable)
  }

  @Test func `commands and options come from the table`() {
    #expect(words("cowbox", "di") == ["diff", "discard"])
    #expect(words("cowbox", "-q", "shel") == ["shell"])
    #expect(words("cowbox", "diff", "--exit") == ["--exit-code"])
    #expect(words("cowbox", "diff", "--quiet", "--qu") == [])
    #expect(words("cowbox", "--vers") == ["--version"])
    #expect(words("cowbox", "nonsense", "") == [])
  }

  @Test func `a value is completed behind a space, an equals sign, and as bash splits it`() {
    #expect(words("cowbox", "diff", "--color", "a") == ["auto", "always"])
    #expect(words("cowbox", "diff", "--color=n") == ["--color=never"])
    #expect(words("cowbox", "apply", "--allow-risky", "git") == ["git-hooks", "git-config"])
    #expect(words("cowbox", "diff", "--color", "=", "n") == ["never"])
    #expect(words("cowbox", "diff", "--color", "=") == ["auto", "always", "never"])
  }

  @Test func `another program's words are left to its own completion`() {
    func offer(_ line: String...) -> Completion.Offer {
      Completion.offer(for: line.map { ByteString($0) })
    }
    #expect(offer("cowbox", "run", "gi") == .program(at: 2))
    #expect(offer("cowbox", "run", "-q", "--", "git", "st") == .program(at: 4))
    #expect(offer("cowbox", "-C", "") == .directories)
    #expect(offer("cowbox", "profile", "check", "") == .files)
  }

  @Test func `the first word of an operand decides what follows`() {
    #expect(words("cowbox", "completion", "") == ["bash", "zsh", "fish"])
    #expect(words("cowbox", "help", "app") == ["apply"])
    #expect(words("cowbox", "profile", "s") == ["show"])
    #expect(words("cowbox", "profile", "show", "str") == ["strict"])
    #expect(words("cowbox", "completion", "bash", "") == [])
  }

  /// A session with changes, a snapshot and a path that needs quotes.
  private func session() throws -> Playground {
    let place = try Playground()
    try place.shell("mkdir -p src/deep && echo a > src/a.c && echo b > src/deep/b.c && touch same")
    let script = "echo x >> src/a.c; echo n > 'src/new file'; rm src/deep/b.c"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    #expect(try place.cowbox("snapshot", "before-lunch").run().status == 0)
    return place
  }

  private func answer(_ place: Playground, _ line: String...) throws -> [Substring] {
    var asked = place.cowbox("completion", "--answer", "--")
    asked.words += line
    return try asked.run().text.split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: "\t").first
    }
  }

  @Test func `sessions, snapshots and paths are those that are there`() throws {
    let place = try session()
    #expect(try answer(place, "cowbox", "diff", "") == ["src/"])
    #expect(
      try answer(place, "cowbox", "diff", "src/") == ["src/a.c", "src/deep/", "src/new file"])
    #expect(try answer(place, "cowbox", "apply", "src/deep/") == ["src/deep/b.c"])
    #expect(try answer(place, "cowbox", "restore", "bef") == ["before-lunch"])
    #expect(try answer(place, "cowbox", "--session", "proj").count == 1)
    #expect(try answer(place, "cowbox", "diff", "--root", "") == ["project", "home"])
    #expect(try answer(place, "cowbox", "run", "--profile", "ag") == ["agent"])
  }

  /// The environment in which a shell finds the cowbox that was built.
  private func environment(_ place: Playground) -> [String: String] {
    let own = ByteString(Playground.binary).parent.printable
    return Playground.environment.merging([
      "COWBOX_STATE": place.state, "PATH": own + ":/usr/local/bin:/usr/bin:/bin",
    ]) { $1 }
  }

  @Test func `bash completes with the script`() throws {
    let place = try session()
    let script = """
      source <(cowbox completion bash)
      try() {
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _cowbox 2>/dev/null
        (IFS=,; echo "${COMPREPLY[*]}")
      }
      try cowbox disc
      try cowbox diff --color = ne
      try cowbox restore be
      try cowbox diff src/n
      try cowbox run l
      """
    let ended = try Command(
      ["bash", "--norc", "-c", script], in: place.project, environment: environment(place)
    ).run()
    let lines = ended.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.prefix(4) == ["discard", "never", "before-lunch", "src/new\\ file"],
      "\(ended.text)\(ended.complaint)")
    #expect(lines.count > 4 && lines[4].split(separator: ",").contains("ls"))
  }

  @Test func `fish completes with the script`() throws {
    let place = try session()
    let script = """
      cowbox completion fish | source
      complete -C 'cowbox disc'
      complete -C 'cowbox diff --color=ne'
      complete -C 'cowbox restore be'
      complete -C 'cowbox diff src/a'
      complete -C 'cowbox run --quiet mkdi'
      """
    let ended = try Command(
      ["fish", "--no-config", "-c", script], in: place.project,
      environment: environment(place).merging(["HOME": place.path]) { $1 }
    ).run()
    let names = ended.text.split(separator: "\n").compactMap { $0.split(separator: "\t").first }
    #expect(
      names.prefix(4) == ["discard", "--color=never", "before-lunch", "src/a.c"],
      "\(ended.text)\(ended.complaint)")
    #expect(names.contains("mkdir"))
  }

  @Test(arguments: [
    ("cowbox disc\t", "cowbox discard"), ("cowbox restore be\t", "cowbox restore before-lunch"),
    ("cowbox diff --color=ne\t", "cowbox diff --color=never"),
    ("cowbox diff src/n\t", "cowbox diff src/new\\ file"),
  ])
  func `zsh completes with the script`(typed: String, shown: String) throws {
    let place = try session()
    // zpty(1) gives zsh the terminal without which it completes nothing.
    let script = """
      zmodload zsh/zpty
      zpty inner zsh -f -i
      zpty -w inner 'PS1= ; unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit; \\
        compinit -u -d "$HOME/dump"; source <(cowbox completion zsh); print rea""dy'
      while zpty -r inner line; do [[ $line == *ready* ]] && break; done
      zpty -n -w inner "$1"
      while zpty -r inner part '*'"$2"'*'; do print -r -- $part; break; done
      zpty -d inner
      """
    var command = Command(
      ["zsh", "-f", "-c", script, "zsh", typed, Self.pattern(shown)], in: place.project,
      environment: environment(place).merging(["HOME": place.path]) { $1 })
    command.milliseconds = 20_000
    let ended = try command.run()
    #expect(ended.text.contains(shown), "\(ended.text)\(ended.complaint)")
  }

  /// A pattern of zsh that means the text itself.
  private static func pattern(_ text: String) -> String {
    text.map { $0 == "\\" ? "\\\\" : String($0) }.joined()
  }
}
