import Harness
import Linux
import Testing

@testable import Commands

/// The manual and the table of commands say the same.
@Suite struct ManualTests {
  @Test(arguments: Verbs.all.map(\.name))
  func `a command's page is what the table makes of it`(name: String) throws {
    let path = ByteString(Playground.source + "/man/cowbox-\(name).1")
    let file = try Descriptor.currentDirectory.open(path, [])
    let page = String(decoding: try file.borrowed.readAll(limit: 1 << 20), as: UTF8.self)
    #expect(page == Manual.page(for: try Verbs.named(name)), "run 'make manual'")
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
