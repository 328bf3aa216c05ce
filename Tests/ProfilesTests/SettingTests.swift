import Linux
import Testing

@testable import Profiles

/// Settings by their names, and edits of the files that hold them.
@Suite struct SettingTests {
  private func edited(_ text: String, _ name: String, _ words: String...) throws -> String {
    let setting = try Setting.named(name)
    var edit = TomlEdit(text)
    edit.set(setting, to: try setting.text(of: words))
    _ = try ProfileLayer(Array(edit.text.utf8), file: "test.toml")
    return edit.text
  }

  @Test func `a key is set where it belongs, and made where it is missing`() throws {
    #expect(try edited("", "limits.memory", "4G") == "[limits]\nmemory = \"4G\"\n")
    #expect(try edited("", "fakeroot", "true") == "fakeroot = true\n")
    #expect(
      try edited("[network]\nmode = \"off\"\n\n[limits]\ncpu = 3\n", "network.allow", "a.b", "c.d")
        == "[network]\nmode = \"off\"\nallow = [\"a.b\", \"c.d\"]\n\n[limits]\ncpu = 3\n")
    #expect(
      try edited("[limits]\ncpu = 3\n", "base", "host") == "base = \"host\"\n[limits]\ncpu = 3\n")
  }

  @Test func `comments, and every other byte, stay as they are`() throws {
    let text = """
      # mine
      [network]  # the network
      mode = "off"  # for now
      allow = [
        "a.b",  # ] is no end
        'c.d',
      ]
      [limits]
      memory = 1

      """
    #expect(
      try edited(text, "network.mode", "host")
        == text.replacing("mode = \"off\"  # for now", with: "mode = \"host\"  # for now"))
    #expect(
      try edited(text, "network.allow", "x.y")
        == text.replacing(
          "[\n  \"a.b\",  # ] is no end\n  'c.d',\n]", with: "[\"x.y\"]"))
  }

  @Test func `a key that is removed leaves its neighbours`() throws {
    var edit = TomlEdit("[limits]\nmemory = 1\ncpu = 2\n")
    edit.remove(try Setting.named("limits.memory"))
    #expect(edit.text == "[limits]\ncpu = 2\n")
    edit.remove(try Setting.named("network.mode"))
    #expect(edit.text == "[limits]\ncpu = 2\n")
  }

  @Test func `a wrong name or value is said, with the right one`() {
    func complaint(_ name: String, _ words: String...) -> SettingError? {
      do {
        _ = try Setting.named(name).text(of: words)
        return nil
      } catch { return error }
    }
    #expect(complaint("network.mod", "off")?.suggestion == "network.mode")
    #expect(complaint("memory", "1")?.suggestion == "limits.memory")
    #expect(complaint("network.mode", "of")?.suggestion == "off")
    #expect(complaint("limits.memory", "much")?.sentence.contains("a size like 512M") == true)
    #expect(complaint("fakeroot", "yes")?.sentence.contains("true or false") == true)
    #expect(complaint("network.mode", "off", "host")?.sentence.contains("one value") == true)
  }

  @Test func `every setting can be set, read and found again`() throws {
    for setting in Setting.all {
      let words: [String] =
        switch setting.kind {
        case .flag: ["true"]
        case .choice(let words): [words[0]]
        case .processors: ["1.5"]
        case .number, .ports: ["7"]
        case .size: ["7M"]
        case .duration: ["7m"]
        case .pairs: ["A=b"]
        case .words where setting.name == "network.allow": ["example.org:443"]
        case .words where setting.name == "seccomp.allow": ["ptrace"]
        case .words where setting.name == "seccomp.deny": ["ptrace"]
        case .words where setting.name == "capabilities.keep": ["chown"]
        case .text, .words: ["word"]
        }
      var edit = TomlEdit("# empty\n")
      edit.set(setting, to: try setting.text(of: words))
      let layer = try ProfileLayer(Array(edit.text.utf8), file: "test.toml")
      #expect(layer.changes.contains { $0.change.setting?.name == setting.name }, "\(setting.name)")
    }
  }
}
