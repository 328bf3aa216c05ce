import Glibc
import Harness
import Linux
import Testing

/// Pipes and redirections of a run: as without cowbox.
@Suite struct StreamTests {
  /// What a script says in a shell, with "RUN" standing for cowbox, and then for nothing.
  private func both(_ place: Playground, _ script: String) throws -> (Finished, Finished) {
    let run = "'\(Playground.binary)' -q run --"
    let environment = Playground.environment.merging(["COWBOX_STATE": place.state]) { $1 }
    let finished = try [run, ""].map { words in
      try Command(
        ["sh", "-c", script.replacing("RUN", with: words)], in: place.project,
        environment: environment
      ).run()
    }
    return (finished[0], finished[1])
  }

  @Test(arguments: [
    "RUN cat <&-", "RUN cat < /", "RUN cat < .", "RUN sh -c 'echo out; echo err >&2' >&-",
    "RUN sh -c 'echo out; echo err >&2' 2>&-",
    "RUN sh -c 'echo again > /dev/stderr; echo more > /dev/stdout' > ../out 2> ../err; cat ../out ../err",
    "RUN sh -c 'echo x > /dev/stdout' > /dev/null", "RUN sh -c 'echo y >/dev/stderr' 2>&1 | cat",
    "printf 'a\\0b\\377' | RUN od -c",
    "echo one > ../f; RUN sh -c 'cat; echo two' < ../f >> ../f; cat ../f",
    "printf '1\\n2\\n3\\n' > ../f; { RUN head -c 2; cat; } < ../f", "yes | RUN head -n 2",
    "RUN sh -c 'exec 3>&1; echo three >&3' | tr a-z A-Z",
  ])
  func `streams are the command's own`(script: String) throws {
    let (with, without) = try (both(try Playground(), script))
    #expect(with.text == without.text, "\(with.complaint)")
    #expect(with.complaint == without.complaint)
    #expect(with.status == without.status)
  }

  @Test func `a file that may only be read is not written through its descriptor`() throws {
    let place = try Playground()
    let attack = "sh -c 'echo broken > /proc/self/fd/0' < ../given; cat ../given"
    try place.shell("echo kept > ../given")
    let (with, without) = try both(place, "RUN \(attack)")
    #expect(with.text == "kept\n")
    #expect(without.text == "broken\n", "the attempt proves nothing")
  }

  @Test(arguments: ["default", "strict", "../bare.toml"])
  func `a file that was given to be read stays as it is, attributes included`(
    profile: String
  ) throws {
    let place = try Playground()
    try place.shell(
      "printf 'extends = \"default\"\\n[landlock]\\nmode = \"off\"\\n' > ../bare.toml")
    try place.shell("echo kept > given; chmod 640 given; touch -d @1000 given")
    let script = """
      chmod 666 /proc/self/fd/0; touch -d @5 /proc/self/fd/0; truncate -s 0 /proc/self/fd/0
      setfattr -n user.broken -v 1 /proc/self/fd/0; echo broken > /proc/self/fd/0
      python3 -c 'import os; os.fchmod(0, 0o666)'; python3 -c 'import os; os.utime(0, (5, 5))'
      python3 -c 'import os; os.setxattr(0, "user.broken", b"1")'; cat
      """
    let look = "stat -c '%a %Y %s' given; getfattr given"
    let before = try place.shell(look)
    var command = place.cowbox("-q", "run")
    command.words += ["--profile", profile, "--", "sh", "-c", script]
    command.words = ["sh", "-c", "\"$@\" <given 2>/dev/null", "sh"] + command.words
    #expect(try command.run().text == "kept\n")
    #expect(try place.shell(look) == before)
  }

  @Test func `what is given for output shows nothing that the profile does not`() throws {
    let place = try Playground()
    try place.shell("echo SECRET > ../log")
    let attempt = "sh -c 'cat /proc/self/fd/3 3>&1 >&2' >> ../log"
    #expect(try both(place, attempt).1.complaint.contains("SECRET"), "the attempt proves nothing")
    let command = Command(
      ["sh", "-c", "'\(Playground.binary)' -q run --profile strict -- \(attempt)"],
      in: place.project,
      environment: Playground.environment.merging(["COWBOX_STATE": place.state]) { $1 })
    #expect(!(try command.run().complaint.contains("SECRET")))
  }

  @Test(.enabled(if: getuid() == 0, "devices are root's"))
  func `user 0 inside changes no device of the host's`() throws {
    let place = try Playground()
    let look = "stat -c '%a %u %z' /dev/null /dev/zero /dev/tty"
    let before = try place.shell(look)
    let script = """
      for node in /dev/null /dev/zero /dev/tty /proc/self/fd/0 /proc/self/fd/1; do
        chmod 666 $node && echo escaped >&2; touch -d @5 $node && echo escaped >&2
      done; :
      """
    let command = Command(
      ["sh", "-c", "'\(Playground.binary)' -q run -- sh -c '\(script)' </dev/null >/dev/null"],
      in: place.project,
      environment: Playground.environment.merging(["COWBOX_STATE": place.state]) { $1 })
    let ended = try command.run()
    #expect(ended.status == 0)
    #expect(!ended.complaint.contains("escaped"), "\(ended.complaint)")
    #expect(try place.shell(look) == before)
  }

  @Test func `a directory that was given as a stream leads nowhere`() throws {
    let place = try Playground()
    try place.shell("mkdir -p ../home/.ssh ../given; echo SECRET > ../home/.ssh/key")
    let script = "cat /proc/self/fd/0/../home/.ssh/key /proc/self/fd/0/../../../../../etc/shadow"
    let command = Command(
      ["sh", "-c", "'\(Playground.binary)' -q run -- sh -c '\(script)' < ../given"],
      in: place.project,
      environment: Playground.environment.merging([
        "COWBOX_STATE": place.state, "HOME": place.path + "/home",
      ]) { $1 })
    #expect(try command.run().text == "")
  }

  @Test func `a pipe is no buffer: what is not read is not written`() throws {
    let place = try Playground()
    let (with, _) = try both(
      place, "RUN head -c 300M /dev/zero | RUN sh -c 'sleep 0.5; wc -c'")
    #expect(with.text == "314572800\n")
  }
}
