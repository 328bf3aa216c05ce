import Harness
import Linux
import Testing

@testable import Commands

/// The manual and the table of commands say the same.
@Suite struct ManualTests {
  @Test(arguments: Verbs.all.map(\.name))
  func `a command's page is what the table makes of it`(name: String) throws {
    let expected = Manual.page(for: try Verbs.named(name))
    #expect(try page("cowbox-\(name).1") == expected, "run 'make manual'")
  }

  @Test func `the page on the whole lists every command`() throws {
    #expect(try page("cowbox.1") == Manual.overview(), "run 'make manual'")
  }

  private func page(_ name: String) throws -> String {
    let file = try Descriptor.currentDirectory.open(
      ByteString(Playground.source + "/man/" + name), [])
    return String(decoding: try file.borrowed.readAll(limit: 1 << 20), as: UTF8.self)
  }

  @Test func `every page is clean mdoc`() throws {
    let place = try Playground()
    let ended = try Command(
      ["sh", "-c", "mandoc -Tlint -Wwarning '\(Playground.source)'/man/*.[157]"], in: place.path,
      environment: Playground.environment
    ).run()
    #expect(ended.status == 0, "\(ended.text)")
  }
}
