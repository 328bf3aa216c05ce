import Glibc
import Harness
import Linux
import Testing

/// cowbox in cowbox: the inner lower is the outer view.
@Suite struct NestingTests {
  /// Where the built cowbox is: a private directory of the box may lie over it.
  private static let binaries = ByteString(Playground.binary).parent.printable

  private func nested(_ place: Playground, _ script: String) throws -> Finished {
    try place.cowbox(
      "-q", "run", "--nest", "--ro", Self.binaries, "--env", "COWBOX_STATE=/tmp/inner", "--", "sh",
      "-euc", script
    ).run()
  }

  /// Mapping user 0 into a namespace wants CAP_SETFCAP, which no box has.
  static let canNest: Bool = getuid() != 0

  @Test(.enabled(if: canNest, "root in a box can't map itself; an ordinary user can"))
  func `a session in a session sees the outer view, and leaves it as it is`() throws {
    let place = try Playground()
    try place.shell("echo host > a")
    let cowbox = Playground.binary
    let script = """
      echo outer > a
      '\(cowbox)' -q run -- sh -c 'cat a; echo inner > a; cat a'
      cat a
      '\(cowbox)' -q apply
      cat a
      """
    let ended = try nested(place, script)
    #expect(ended.text == "outer\ninner\nouter\ninner\n", "\(ended.complaint)")
    #expect(try place.shell("cat a") == "host\n")
    #expect(try place.cowbox("-q", "run", "--", "cat", "a").run().text == "inner\n")
  }

  @Test(.enabled(if: canNest, "root in a box can't map itself; an ordinary user can"))
  func `the inner box has its walls, and the outer ones stand`() throws {
    let place = try Playground()
    let cowbox = Playground.binary
    let script = """
      echo secret > /tmp/outer
      '\(cowbox)' -q run -- sh -c '
        test ! -e /tmp/outer; test ! -e /dev/fuse
        ls /proc/self >/dev/null; grep -q "NoNewPrivs:.1" /proc/self/status
        grep -q "CapEff:.0*$" /proc/self/status
        (unshare -U true 2>/dev/null && echo made) || echo refused'
      '\(cowbox)' -q run -- sh -c 'cat /proc/1/environ >/dev/null 2>&1 && echo read || echo closed'
      """
    let ended = try nested(place, script)
    #expect(ended.text == "refused\nclosed\n", "\(ended.complaint)")
  }

  @Test func `without the switch a session in a session is refused with a remedy`() throws {
    let place = try Playground()
    let cowbox = Playground.binary
    let ended = try place.cowbox(
      "-q", "run", "--ro", Self.binaries, "--env", "COWBOX_STATE=/tmp/inner", "--", cowbox, "run",
      "--", "true"
    ).run()
    #expect(ended.status == 6)
    #expect(ended.complaint.contains("--nest"), "\(ended.complaint)")
  }

  @Test(.enabled(if: !canNest, "the other case is tested above"))
  func `user 0 is told why it can't nest, and how it could`() throws {
    let place = try Playground()
    let ended = try nested(place, "'\(Playground.binary)' -q run -- true")
    #expect(ended.status == 6)
    #expect(ended.complaint.contains("as another user"), "\(ended.complaint)")
  }

  @Test func `a view can't show itself`() throws {
    try MountTests.mounted { place, view in
      let name = try #require(
        place.cowbox("list", "--json").run().text.split(separator: "\"").first {
          $0.hasPrefix("project-")
        })
      var inside = place.cowbox("run", "--session", String(name), "--", "true")
      inside.directory = view
      let ended = try inside.run()
      #expect(ended.status != 0)
      #expect(ended.complaint.contains("can't show itself"), "\(ended.complaint)")
    }
  }
}
