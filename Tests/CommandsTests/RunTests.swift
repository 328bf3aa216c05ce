import Harness
import Linux
import Testing

@testable import Commands

/// `cowbox run` with the built program, real namespaces and a real mount.
@Suite struct RunTests {
  @Test func `a run leaves the project untouched, bit for bit`() throws {
    let place = try Playground()
    try place.shell("git init -q -b main .; echo hello > README.md; mkdir -p src; ln -s src link")
    try place.shell("git config user.name N; git config user.email e@x; git add -A")
    try place.shell("git commit -q -m one; chmod 640 README.md")
    let before = try Playground.fingerprint(of: place.project)
    let script = """
      echo x > a.txt && rm README.md && mkdir -p deep/er && echo y > deep/er/b && \
      mv src source && git add -A && git commit -q -m two && git log --oneline | wc -l
      """
    let ended = try place.cowbox("run", "--", "sh", "-c", script).run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(ended.text == "2\n")
    #expect(try Playground.fingerprint(of: place.project) == before)
    let again = try place.cowbox("run", "--", "sh", "-c", "ls; cat deep/er/b").run()
    #expect(again.text == "a.txt\ndeep\nlink\nsource\ny\n")
    #expect(again.complaint.contains("going on in session project-"))
    #expect(try Playground.fingerprint(of: place.project) == before)
  }

  @Test(arguments: [
    ("exit 0", 0), ("exit 7", 7), ("exit 125", 125), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
  ])
  func `the exit status is the command's own`(script: String, status: Int32) throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == status)
  }

  @Test func `a command that is not there ends with 127, one that can't be run with 126`() throws {
    let place = try Playground()
    let missing = try place.cowbox("run", "--", "no-such-command").run()
    #expect(missing.status == 127)
    #expect(missing.complaint.contains("cannot find the command 'no-such-command'"))
    try place.shell("echo text > plain; chmod 644 plain")
    let plain = try place.cowbox("run", "--", "./plain").run()
    #expect(plain.status == 126)
    #expect(plain.complaint.contains("chmod +x"))
  }

  @Test func `a session that ends with no change leaves nothing behind`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "true").run().status == 0)
    #expect(try place.shell("ls -A '\(place.state)/sessions'") == "")
    #expect(try place.cowbox("list").run().text == "")
  }

  @Test func `pipes are the command's own, binary and large`() throws {
    let place = try Playground()
    var command = place.cowbox("run", "--", "cat")
    command.input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
    let ended = try command.run()
    #expect(ended.output == command.input)
    let both = try place.cowbox("run", "--", "sh", "-c", "echo out; echo err >&2").run()
    #expect(both.text == "out\n")
    #expect(both.complaint == "err\n")
  }

  @Test func `two commands share one session while they run`() throws {
    let place = try Playground()
    let first = try place.cowbox(
      "run", "--", "sh", "-c", "echo 1 > one; echo ready; while [ ! -e two ]; do sleep 0.02; done"
    ).start()
    #expect(try first.waitFor("ready"))
    let second = try place.cowbox("run", "--", "sh", "-c", "cat one; echo 2 > two").run()
    #expect(second.text == "1\n")
    #expect(second.complaint.contains("joining session project-"))
    #expect(try first.finish().status == 0)
    #expect(try place.shell("ls") == "")
  }

  @Test func `another session sees nothing of the first`() throws {
    let place = try Playground()
    #expect(try place.cowbox("run", "--", "touch", "mine").run().status == 0)
    #expect(try place.cowbox("run", "--new", "--", "sh", "-c", "ls; touch yours").run().text == "")
    #expect(
      try place.cowbox("list", "--json").run().text.split(separator: "\"session\"").count == 3)
  }

  @Test func `signals reach the command`() throws {
    let place = try Playground()
    let running = try place.cowbox(
      "run", "--", "sh", "-c",
      "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.02; done"
    ).start()
    #expect(try running.waitFor("ready"))
    running.signal(15)
    let ended = try running.finish()
    #expect(ended.status == 9)
    #expect(ended.text == "got\n")
  }

  @Test func `a command whose front is killed is hung up`() throws {
    let place = try Playground()
    let marker = "100.\(Process.id)"
    let running = try place.cowbox("run", "--", "sh", "-c", "echo ready; exec sleep \(marker)")
      .start()
    #expect(try running.waitFor("ready"))
    running.signal(9)
    _ = try running.finish()
    try place.shell(
      "for i in $(seq 200); do pgrep -f '^sleep \(marker)' >/dev/null || exit 0; sleep 0.05; done; exit 1"
    )
    let lock = "\(place.state)/sessions/*/run/lock"
    try place.shell("for l in \(lock); do test ! -e $l || flock -w 5 $l true; done")
  }

  @Test func `the command starts where the user stands`() throws {
    let place = try Playground()
    try place.shell("git init -q .; mkdir -p a/b")
    var command = place.cowbox("run", "--", "pwd")
    command.directory = place.project + "/a/b"
    #expect(try command.run().text == "\(place.project)/a/b\n")
    let elsewhere = try place.cowbox("-C", place.project + "/a", "run", "--", "pwd").run()
    #expect(elsewhere.text == "\(place.project)/a\n")
  }

  @Test func `the environment is an allow-list`() throws {
    let place = try Playground()
    let secret = ["AWS_SECRET_ACCESS_KEY": "s3cret", "EXTRA": "e"]
    let plain = try place.cowbox("run", "--", "env", environment: secret).run().text
    #expect(!plain.contains("s3cret") && !plain.contains("EXTRA"))
    #expect(plain.contains("PATH="))
    let asked = try place.cowbox(
      "run", "--env", "EXTRA", "-e", "SET=1", "--", "env", environment: secret
    ).run().text
    #expect(asked.contains("EXTRA=e\n") && asked.contains("SET=1\n"))
  }

  @Test func `cowbox's own state can't be seen inside`() throws {
    let place = try Playground()
    let ended = try place.cowbox("run", "--", "sh", "-c", "ls -A '\(place.state)'").run()
    #expect(ended.text == "")
  }
}
