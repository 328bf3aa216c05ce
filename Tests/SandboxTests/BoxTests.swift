import Glibc
import Harness
import Linux
import Testing

/// A box as its keeper and its commands see it; fails where namespaces are missing.
@Suite struct BoxTests {
  private func probe(_ switches: [String] = [], _ words: String...) throws -> Finished {
    let program = ByteString(Playground.binary).parent.appending("box-probe").string ?? ""
    let ended = try Command(
      [program] + switches + ["--"] + words, in: "/", environment: Playground.environment
    ).run()
    #expect(!ended.complaint.contains("cannot make new namespaces"), "\(ended.complaint)")
    return ended
  }

  @Test(arguments: [
    (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137), (["no-such-program"], 127),
    (["/etc/passwd"], 126), (["/etc"], 126), (["/etc/passwd/x"], 127), (["true"], 0),
  ])
  func `a command's end is told as a shell tells it`(words: [String], status: Int) throws {
    let program = ByteString(Playground.binary).parent.appending("box-probe").string ?? ""
    let ended = try Command(
      [program, "--"] + words, in: "/", environment: Playground.environment
    ).run()
    #expect(Int(ended.status) == status, "\(ended.complaint)")
  }

  @Test func `a directory that is not there is no missing command`() throws {
    let ended = try probe(["--directory", "/nowhere"], "true")
    #expect(ended.status == 125)
    #expect(ended.complaint.contains("cannot start in the directory '/nowhere'"))
  }

  @Test func `the host's files are read-only, even for root`() throws {
    #expect(try probe([], "touch", "/etc/cowbox-test").status == 1)
    #expect(try probe([], "sh", "-c", "echo x > /proc/sys/kernel/core_pattern").status != 0)
  }

  @Test func `tmp, run and shared memory are the box's own`() throws {
    let script = "touch /tmp/a /dev/shm/b /var/tmp/c && ls -A /tmp /dev/shm /var/tmp && ls /run"
    let ended = try probe([], "sh", "-c", script)
    #expect(ended.text == "/dev/shm:\nb\n\n/tmp:\na\n\n/var/tmp:\nc\nlock\nuser\n", "\(ended)")
  }

  @Test func `init is out of sight and the command has no descriptors but its three`() throws {
    let ended = try probe([], "sh", "-c", "ls /proc | grep -cx 1; ls /proc/self/fd | wc -l")
    #expect(ended.text == "0\n4\n")
  }

  @Test func `the command keeps its own ids, or sees itself as root`() throws {
    #expect(try probe([], "id", "-u").text == "\(getuid())\n")
    #expect(try probe(["--fake-root"], "id", "-u").text == "0\n")
  }

  @Test func `a mask hides a file and a directory, and what is not there is passed over`() throws {
    let ended = try probe(
      ["--mask", "/etc/passwd", "--mask", "/usr/share", "--mask", "/nowhere/at/all"], "sh", "-c",
      "cat /etc/passwd; ls -A /usr/share; test -e /nowhere || echo absent")
    #expect(ended.text == "absent\n")
  }

  @Test func `binary input and output pass unchanged`() throws {
    let program = ByteString(Playground.binary).parent.appending("box-probe").string ?? ""
    var command = Command([program, "--", "cat"], in: "/", environment: Playground.environment)
    command.input = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    #expect(try command.run().output == command.input)
  }

  @Test func `an interactive shell has job control`() throws {
    let program = ByteString(Playground.binary).parent.appending("box-probe").string ?? ""
    var command = Command(
      [program, "--terminal", "--", "sh", "-ic", "tty; sleep 9 & jobs; ps -o tty= -p $$; kill %1"],
      in: "/", environment: Playground.environment)
    command.milliseconds = 10_000
    let ended = try command.run()
    #expect(ended.text.contains("/dev/pts/0"))
    #expect(!ended.text.contains("job control"))
  }

  @Test func `nothing outlives the keeper`() throws {
    let marker = "cowbox-\(getpid())-outlives"
    let program = ByteString(Playground.binary).parent.appending("box-probe").string ?? ""
    let running = try Command(
      [program, "--", "sh", "-c", "setsid sh -c 'exec sleep 97' \(marker) & echo up; sleep 98"],
      in: "/", environment: Playground.environment
    ).start()
    #expect(try running.waitFor("up"))
    running.signal(SIGKILL)
    _ = try running.finish()
    let deadline = Timestamp.now.nanoseconds + 1_000_000_000
    var left = true
    while left, Timestamp.now.nanoseconds < deadline {
      let ended = try Command(
        ["pgrep", "-f", marker], in: "/", environment: Playground.environment
      ).run()
      left = ended.status == 0
    }
    #expect(!left)
  }
}
