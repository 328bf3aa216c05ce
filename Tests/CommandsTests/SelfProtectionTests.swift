import Harness
import Linux
import Testing

/// What a command does to cowbox itself: nothing, by files, names or words.
@Suite struct SelfProtectionTests {
  @Test func `a command can't loosen what comes after it`() throws {
    let place = try Playground()
    let loose = "printf '[network]\\nmode = \"host\"\\n' > .cowbox.toml"
    #expect(try place.cowbox("run", "--", "sh", "-c", loose).run().status == 0)
    let interfaces = try place.cowbox("run", "--", "sh", "-c", "grep -c : /proc/net/dev").run()
    #expect(interfaces.text == "1\n", "the session's own file has been believed")
    try place.shell(loose)
    let refused = try place.cowbox("run", "--", "true").run()
    #expect(refused.status == 2)
    #expect(refused.complaint.contains(".cowbox.toml:2:1: the project asks for the host's network"))
    #expect(try place.cowbox("trust").run().status == 0)
    #expect(try place.cowbox("run", "--new", "--", "true").run().status == 0)
    try place.shell("echo >> .cowbox.toml")
    #expect(try place.cowbox("run", "--new", "--", "true").run().status == 2)
  }

  @Test func `a project can't put a harmless mask in the place of one that hides a secret`() throws
  {
    let place = try Playground()
    try place.shell(
      """
      mkdir -p ../home/.ssh; echo SECRET > ../home/.ssh/key
      printf '[[mount]]\\nsource = "~/x"\\ntarget = "~/.ssh"\\nmode = "mask"\\n' > .cowbox.toml
      """)
    let home = ["HOME": place.path + "/home"]
    let ended = try place.cowbox("run", "--", "sh", "-c", "cat ~/.ssh/key", environment: home).run()
    #expect(ended.status == 2 && !ended.text.contains("SECRET"), "\(ended)")
  }

  @Test func `state, sockets and configuration are out of reach`() throws {
    let place = try Playground()
    let home = place.path + "/home"
    try place.shell(
      "mkdir -p ../home/.config/cowbox; echo '# mine' > ../home/.config/cowbox/config.toml")
    let script = """
      find '\(place.state)' | tail -n +2; cat ~/.config/cowbox/config.toml
      for s in '\(place.state)'/sessions/*/run/control; do test -e "$s" && echo found; done
      mkdir -p ~/.config/cowbox; echo 'base = "host"' > ~/.config/cowbox/config.toml; true
      """
    let ended = try place.cowbox("run", "--", "sh", "-c", script, environment: ["HOME": home]).run()
    #expect(ended.text == "", "\(ended.text)")
    #expect(try place.shell("cat ../home/.config/cowbox/config.toml") == "# mine\n")
  }

  @Test func `names and words with control characters reach no terminal as they are`() throws {
    let place = try Playground()
    let script = """
      import os, socket
      for name in (b'\\x1b]0;owned\\x07', b'a\\nb', b'\\x9b2J', '\\u202e'.encode(), b'--help', b'\\xff\\xfe'):
        open(name, 'wb').write(b'\\x1b[31mred\\n')
      s = socket.create_connection(('127.0.0.1', 3128)); s.sendall(b'CONNECT \\x1b[2J$(id).org:443 HTTP/1.1\\r\\n\\r\\n')
      s.recv(100); raise SystemExit(5)
      """
    let ended = try place.cowbox(
      "run", "--allow-net", "example.org", "--", "/usr/bin/python3", "-c", script
    ).run()
    #expect(ended.status == 5, "\(ended.complaint)")
    #expect(ended.complaint.contains("refused: the network for"))
    #expect(!ended.complaint.contains("--allow-net \u{5C}"))
    var told = [ended.errors]
    for words in [["diff", "--stat"], ["diff", "--name-status"], ["log"], ["status"], ["list"]] {
      var command = place.cowbox()
      command.words += words
      told.append(try command.run().output)
    }
    for bytes in told {
      #expect(!bytes.contains(0x1B), "\(String(decoding: bytes, as: UTF8.self))")
      #expect(!bytes.contains(0x9B) || String(validating: bytes, as: UTF8.self) != nil)
    }
  }
}
