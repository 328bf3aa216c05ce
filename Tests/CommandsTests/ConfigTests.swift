import Harness
import Linux
import Testing

/// Settings shown, changed and explained with the built program.
@Suite struct ConfigTests {
  private func config(_ place: Playground, _ words: String...) throws -> Finished {
    var command = place.cowbox("config")
    command.words += words
    command.environment["XDG_CONFIG_HOME"] = place.path + "/config"
    return try command.run()
  }

  @Test func `what is set is in force, and explained with its place`() throws {
    let place = try Playground()
    #expect(try config(place, "get", "network.mode").text == "\"off\"\n")
    #expect(try config(place, "get", "limits.memory").status == 1)
    #expect(try config(place, "set", "network.mode", "host").status == 0)
    #expect(try config(place, "set", "limits.memory", "4G").status == 0)
    #expect(try config(place, "get", "network.mode").text == "\"host\"\n")
    #expect(try config(place, "get", "limits.memory").text == "\"4G\"\n")
    let explained = try config(place, "explain", "network.mode").text
    #expect(explained.contains("  built in: \"off\"\n"), "\(explained)")
    #expect(explained.contains("/config/cowbox/config.toml:2: \"host\"\n"), "\(explained)")
    #expect(explained.contains("in force: \"host\"\n"))
    #expect(try config(place, "unset", "network.mode").complaint.contains("is out of"))
    #expect(try config(place, "unset", "network.mode").complaint.contains("says nothing of"))
    #expect(try config(place, "get", "network.mode").text == "\"off\"\n")
  }

  @Test func `a file of dotfiles behind a symlink is changed where it is`() throws {
    let place = try Playground()
    try place.shell(
      "mkdir -p ../config/cowbox ../dotfiles && echo '# mine' > ../dotfiles/cowbox.toml"
        + " && ln -s ../../dotfiles/cowbox.toml ../config/cowbox/config.toml")
    #expect(try config(place, "set", "fakeroot", "true").status == 0)
    #expect(try place.shell("cat ../dotfiles/cowbox.toml").contains("# mine\n"))
    #expect(try place.shell("cat ../dotfiles/cowbox.toml").contains("fakeroot = true\n"))
    #expect(
      try place.shell("test -L ../config/cowbox/config.toml && ls ../dotfiles") == "cowbox.toml\n")
  }

  @Test func `all mistakes of a file are told, a line for each`() throws {
    let place = try Playground()
    try place.shell("printf '[netwrk]\\n[limits]\\nmemry = 1\\nopen-files = \"x\"\\n' > p.toml")
    let checked = try place.cowbox("profile", "check", "p.toml").run()
    #expect(checked.status == 2)
    #expect(
      checked.complaint == """
        cowbox: p.toml:1:2: 'netwrk' is no key of a profile; did you mean 'network'?
        cowbox: p.toml:3:1: 'memry' is no key of [limits]; did you mean 'memory'?
        cowbox: p.toml:4:1: 'open-files' must be a number, not a string

        """)
  }

  @Test func `mistakes change nothing and say what helps`() throws {
    let place = try Playground()
    let unknown = try config(place, "set", "network.mood", "off")
    #expect(unknown.status == 2)
    #expect(unknown.complaint.contains("did you mean 'network.mode'?"), "\(unknown.complaint)")
    #expect(try config(place, "set", "network.mode").status == 2)
    #expect(try config(place, "frobnicate").status == 2)
    #expect(try place.shell("ls ..") == "project\n")
  }

  @Test func `the list is for people and for programs`() throws {
    let place = try Playground()
    #expect(try config(place).text.contains("network.mode"))
    let json = try config(place, "list", "--json").text
    #expect(json.contains("\"setting\": \"landlock.mode\""), "\(json)")
    #expect(json.contains("\"built in\""))
  }

  /// `config edit` with an editor that is a line of shell; the file is its "$1".
  private func edit(_ place: Playground, _ script: String) throws -> Finished {
    try place.shell("printf '%s\\n' '#!/bin/sh' '\(script)' > ../editor && chmod +x ../editor")
    var command = place.cowbox("config")
    command.words.append("edit")
    command.environment["XDG_CONFIG_HOME"] = place.path + "/config"
    command.environment["VISUAL"] = place.path + "/editor"
    return try command.run()
  }

  @Test func `the editor changes the file, and a mistake changes nothing and is kept`() throws {
    let place = try Playground()
    #expect(try edit(place, "echo fakeroot = true >> $1").status == 0)
    #expect(try config(place, "get", "fakeroot").text == "true\n")
    let wrong = try edit(place, "echo fakerot = false > $1")
    #expect(wrong.status == 2)
    #expect(wrong.complaint.contains("did you mean 'fakeroot'?"), "\(wrong.complaint)")
    #expect(try config(place, "get", "fakeroot").text == "true\n")
    #expect(try edit(place, "sed -i s/rot/root/ $1").status == 0)
    #expect(try config(place, "get", "fakeroot").text == "false\n")
    #expect(try edit(place, "echo base = 7 > $1; exit 3").status == 1)
    #expect(try config(place, "get", "fakeroot").text == "false\n")
    #expect(try place.shell("ls ../config/cowbox") == "config.toml\n")
  }
}
