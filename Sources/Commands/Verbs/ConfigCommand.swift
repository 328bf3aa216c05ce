import Linux
import Profiles
import Sessions

/// `cowbox config`: what is set, by which file, and how to set it otherwise.
enum ConfigCommand {
  static let verb = Verb(
    "config", .care, "show and change settings, and explain where they come from",
    operands: .any(
      "[list | get SETTING | set SETTING VALUE... | unset SETTING | explain SETTING | edit]"),
    options: [
      Option("file", value: "FILE", "change this file, not the user's own config.toml"),
      Invocation.json,
    ],
    details: """
      Settings are the keys of a profile, as cowbox-profile(5) has them: 'network.mode',
      'limits.memory'. In force are those of the built-in profile 'default', then those of
      ~/.config/cowbox/config.toml, then those of the project's own .cowbox.toml. 'set' and 'unset'
      change the second of these and leave its comments alone; lists take several values. 'edit' lets
      your editor have it (VISUAL, EDITOR, else vi); with a mistake nothing is changed, and the next
      'edit' goes on with what was written.

          cowbox config list
          cowbox config set limits.memory 4G
          cowbox config set network.allow registry.example.org '*.example.com:443'
          cowbox config explain network.mode
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let words = invocation.operands.map(\.printable)
    switch (words.first ?? "list", words.count) {
    case ("list", 0...1): try list(invocation)
    case ("get", 2): try get(words[1], invocation)
    case ("explain", 2): try explain(words[1], invocation)
    case ("set", 3...): try set(words[1], to: Array(words[2...]), invocation)
    case ("unset", 2): try set(words[1], to: nil, invocation)
    case ("edit", 1): try edit(invocation)
    default:
      throw Failure.usage(
        "'config' does not understand '\(words.joined(separator: " "))'",
        hint: "list, get SETTING, set SETTING VALUE, unset SETTING, explain SETTING or edit")
    }
    return ExitCode.done
  }

  private static func choice(_ invocation: Invocation) throws -> ProfileChoice {
    ProfileChoice(project: try invocation.project(), home: invocation.home)
  }

  private static func list(_ invocation: Invocation) throws {
    let loaded = try choice(invocation).load(named: nil)
    let rows = Setting.all.compactMap { setting in
      loaded.value(of: setting).map { (setting, $0, loaded.sources(of: setting)) }
    }
    if invocation.wantsJSON {
      let values = rows.map { setting, value, sources -> JSON in
        [
          "setting": .string(setting.name), "value": .string(value),
          "from": .array(sources.map { .string(place($0)) }),
        ]
      }
      return try invocation.output.line(JSON.array(values).prettyText)
    }
    var table = Table("SETTING", "FROM", "VALUE")
    for (setting, value, sources) in rows {
      table.add(setting.name, sources.last.map(place) ?? "", shortened(value))
    }
    for line in table.lines(style: invocation.output.style) { try invocation.output.line(line) }
  }

  private static func get(_ name: String, _ invocation: Invocation) throws {
    let setting = try Setting.named(name)
    guard let value = try choice(invocation).load(named: nil).value(of: setting) else {
      throw Failure("'\(setting.name)' is not set")
    }
    try invocation.output.line(value)
  }

  private static func explain(_ name: String, _ invocation: Invocation) throws {
    let setting = try Setting.named(name)
    let loaded = try choice(invocation).load(named: nil)
    let output = invocation.output
    try output.line("\(output.style.bold(setting.name)): \(setting.summary)")
    if case .choice(let words) = setting.kind {
      try output.line("one of: \(words.joined(separator: ", "))")
    }
    let sources = loaded.sources(of: setting)
    for source in sources { try output.line("  \(place(source)): \(source.value)") }
    if sources.isEmpty { try output.line("no file says anything of it") }
    if sources.count > 1 {
      try output.line("in force: \(loaded.value(of: setting) ?? "")")
    }
  }

  private static func set(_ name: String, to words: [String]?, _ invocation: Invocation) throws {
    let setting = try Setting.named(name)
    let file = try file(invocation)
    if let words {
      try file.change(setting, to: setting.text(of: words))
      invocation.say("'\(setting.name)' is set in '\(file.path.printable)'")
    } else {
      let before = try file.text()
      try file.change(setting, to: nil)
      let isOut = try file.text() != before
      invocation.say(
        isOut
          ? "'\(setting.name)' is out of '\(file.path.printable)'"
          : "'\(file.path.printable)' says nothing of '\(setting.name)'")
    }
  }

  private static func edit(_ invocation: Invocation) throws {
    let file = try file(invocation)
    let (before, draft) = (try file.text(), file.draft)
    let begun = try draft.text()
    let edited = try Editor().edit(
      Array((begun.isEmpty ? before : begun).utf8), as: file.path.lastComponent)
    let text = String(decoding: edited, as: UTF8.self)
    do { try file.replace(with: text) } catch let error as ProfileError {
      try draft.write(text)
      throw Failure(
        Failure(error).sentence,
        hint: "nothing was changed; 'cowbox config edit' goes on with what you wrote",
        code: ExitCode.usage)
    }
    try draft.remove()
    invocation.say(
      text == before
        ? "'\(file.path.printable)' is as it was" : "'\(file.path.printable)' is changed")
  }

  private static func file(_ invocation: Invocation) throws -> SettingsFile {
    if let named = invocation.arguments.bytes("file") { return SettingsFile(path: named) }
    guard let directory = ProfileLibrary.userDirectory(home: invocation.home) else {
      throw Failure(
        "there is no home directory to keep settings in", hint: "name a file with --file")
    }
    return SettingsFile(path: directory.appending(ProfileLibrary.settingsName))
  }

  private static func place(_ source: SettingSource) -> String {
    source.isBuiltIn ? "built in" : "\(source.file):\(source.line)"
  }

  private static func shortened(_ value: String) -> String {
    value.count > 60 ? value.prefix(57) + "..." : value
  }
}
