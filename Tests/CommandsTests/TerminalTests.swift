import Glibc
import Harness
import Linux
import Testing

/// Interactive programs in a session, on a real terminal: tmux's.
@Suite(.serialized) struct TerminalTests {
  @Test func `a shell has job control`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- bash --norc --noprofile -i")
    try screen.type("PS1='in> '")
    #expect(try screen.shows("in> "))
    try screen.type("sleep 100 &")
    try screen.type("jobs")
    #expect(try screen.shows("Running"))
    try screen.type("fg")
    // A key that comes before the shell has given the terminal away is the shell's, which ignores it.
    var isStopped = false
    for _ in 0..<100 where !isStopped {
      try screen.press("C-z")
      poll(nil, 0, 200)
      isStopped = try screen.reads("Stopped")
    }
    #expect(isStopped)
    try screen.type("kill %1; sleep 100")
    try screen.press("C-c")
    try screen.type("echo status $?")
    #expect(try screen.shows("status 130"))
    try screen.type("exit 7")
    // What is typed before the run has ended is the run's.
    poll(nil, 0, 500)
    try screen.type("echo outside $?")
    #expect(try screen.shows("outside 7"))
  }

  @Test func `the size is the terminal's, and follows it`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- bash --norc --noprofile -i")
    try screen.type("trap 'stty size' WINCH; stty size")
    #expect(try screen.shows("24 80"))
    try screen.resize(columns: 100, rows: 40)
    #expect(try screen.shows("40 100"))
  }

  @Test func `an editor edits, and the file is the session's`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- vim.tiny -u NONE note")
    #expect(try screen.shows("[New"))
    try screen.press("i")
    try screen.type("written inside")
    try screen.press("Escape")
    try screen.type(":wq")
    // What is typed before an editor has given the terminal back is the editor's.
    #expect(try screen.shows("out>"))
    try screen.type("echo clo''sed")
    #expect(try screen.shows("closed"))
    #expect(
      try screen.place.cowbox("run", "--", "cat", "note").run().text.contains("written inside"))
    #expect(try screen.place.shell("ls") == "")
  }

  @Test func `pagers and monitors take keys and give the screen back`() throws {
    let screen = try Screen()
    try screen.type(
      "seq 1000 > ../numbers; \(screen.cowbox) run --ro ../numbers -- less ../numbers")
    #expect(try screen.shows("23"))
    try screen.press("G")
    #expect(try screen.shows("1000"))
    try screen.press("q")
    try screen.comeBack()
    try screen.type("clear; \(screen.cowbox) run -- top -d 1")
    #expect(try screen.shows("load average"))
    try screen.press("q")
    try screen.comeBack()
    try screen.type("stty -a | grep -o ' echo '; echo back")
    #expect(try screen.shows("echo\nback"))
  }

  @Test func `control-z stops the run, and the shell outside goes on with it`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- sleep 100")
    try screen.settle()
    try screen.press("C-z")
    #expect(try screen.shows("Stopped"))
    try screen.type("echo bet''ween; fg")
    #expect(try screen.shows("between"))
    poll(nil, 0, 300)
    try screen.press("C-c")
    poll(nil, 0, 1000)
    try screen.type("echo ended $?")
    #expect(try screen.shows("ended 130"))
  }

  @Test func `what is typed for a command never gets to the shell outside`() throws {
    let screen = try Screen()
    // It shows that it waits for a line, reads none, and ends when there is one.
    try screen.place.shell(
      """
      cat > ../trap.py <<'PYTHON'
      import fcntl, termios, time
      room = bytearray(4)
      while not int.from_bytes(room, 'little'):
        fcntl.ioctl(0, termios.FIONREAD, room)
        time.sleep(0.05)
      PYTHON
      """)
    try screen.type(
      "\(screen.cowbox) run --ro ../trap.py -- python3 ../trap.py; echo tra''pped")
    try screen.settle()
    try screen.type("touch escaped")
    #expect(try screen.shows("trapped"))
    try screen.type("ls; echo li''sted")
    #expect(try screen.shows("listed"))
    #expect(try screen.place.shell("ls") == "")
  }

  @Test func `a run in the background doesn't read what is typed for others`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- cat >../taken & wait; echo wai''ted")
    #expect(try screen.shows("waited"))
    try screen.type(
      "clear; \(screen.cowbox) run -- sh -c 'cat <&2' </dev/null >../taken & wait; echo al''so")
    #expect(try screen.shows("also"))
    #expect(try screen.place.shell("cat ../taken") == "")
  }

  @Test func `a run in the background that wants the terminal is stopped`() throws {
    let screen = try Screen()
    try screen.type("\(screen.cowbox) run -- cat &")
    // The shell tells what its jobs are when it is asked, not when they change.
    var isStopped = false
    for _ in 0..<100 where !isStopped {
      try screen.type("clear; jobs; echo asked")
      #expect(try screen.shows("asked\n"))
      isStopped = try screen.reads("Stopped")
      poll(nil, 0, 100)
    }
    #expect(isStopped)
    try screen.type("kill -9 %1; clear; echo still'' here")
    #expect(try screen.shows("still here"))
  }
}

/// A terminal of tmux's with a shell in a project.
final class Screen {
  let place: Playground
  private let socket: String
  let cowbox = "'\(Playground.binary)' -q"

  init() throws {
    place = try Playground()
    socket = place.path + "/tmux"
    try tmux(
      "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", place.project, "env",
      "PS1=out> ", "COWBOX_STATE=\(place.state)", "bash", "--norc", "--noprofile", "-i")
  }

  deinit {
    // What is left of it ends with its server.
    _ = try? tmux("kill-server")
  }

  /// Types a line.
  func type(_ line: String) throws {
    try tmux("send-keys", "-l", line)
    try tmux("send-keys", "Enter")
  }

  /// Presses one key by its name.
  func press(_ key: String) throws { try tmux("send-keys", key) }

  func resize(columns: Int, rows: Int) throws {
    try tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// Whether the screen shows a text within a while.
  func shows(_ text: String) throws -> Bool {
    for _ in 0..<400 {
      if try tmux("capture-pane", "-p").contains(text) { return true }
      poll(nil, 0, 50)
    }
    return false
  }

  /// Whether the screen shows a text now.
  func reads(_ text: String) throws -> Bool { try tmux("capture-pane", "-p").contains(text) }

  /// Waits until the session runs its command.
  func settle() throws {
    for _ in 0..<200 {
      if try place.cowbox("status", "--json").run().text.contains("\"words\"") { return }
      poll(nil, 0, 50)
    }
  }

  /// Waits until the shell outside reads again: what is typed for a run that ends is thrown away.
  func comeBack() throws {
    for _ in 0..<100 {
      try type("clear; echo out''side")
      poll(nil, 0, 200)
      if try reads("outside") { return }
    }
  }

  @discardableResult
  private func tmux(_ words: String...) throws -> String {
    var environment = Playground.environment
    environment["TERM"] = "screen"
    return try Command(["tmux", "-S", socket] + words, in: place.project, environment: environment)
      .run().text
  }
}
