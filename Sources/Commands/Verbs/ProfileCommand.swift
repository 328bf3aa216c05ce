import Linux
import Profiles
import Sessions

/// `cowbox profile` and `cowbox trust`: what a box shows and allows, and who may say so.
enum ProfileCommand {
  static let profile = Verb(
    "profile", .care, "list, show or check profiles",
    operands: .any("[list | show [PROFILE] | check FILE | walls [PROFILE]]"),
    options: [
      Option("effective", "show what it comes to here: with the project's file, and real paths"),
      Pager.option, Invocation.json,
    ],
    details: """
      A profile says what a box shows and what it lets through. 'show' without a name shows the one
      in force here, with the project's own file on top; 'walls' lists what would stand around a run.
      cowbox-profile(5) has every key.

          cowbox profile list
          cowbox profile check .cowbox.toml
          cowbox run --profile strict -- make
      """, act: run)

  static let trust = Verb(
    "trust", .care, "accept the project's own .cowbox.toml as it is now",
    details: """
      A project's own profile may only tighten until you have read it and trust it. Trust is for the
      exact content: when the file changes, it is asked for again.
      """
  ) { invocation in
    let choice = try ProfileChoice(project: invocation.project(), home: invocation.home)
    guard let layer = try choice.projectLayer() else {
      throw Failure("the project has no '\(choice.file.printable)'")
    }
    guard try StateDirectory.open(home: invocation.home, create: true) != nil else {
      throw Failure("there is no directory for what cowbox remembers")
    }
    try choice.trust().add(layer, at: choice.file)
    invocation.say("'\(choice.file.printable)' is trusted until it changes")
    return ExitCode.done
  }

  private static func run(_ invocation: Invocation) throws -> Int32 {
    let words = invocation.operands
    let name = words.count > 1 ? words[1].printable : nil
    if words.count > 2 { throw Failure.usage("'profile' takes one name or file") }
    switch words.first?.string ?? "list" {
    case "list": try list(invocation)
    case "show": try show(name, invocation)
    case "check": try checkFile(words, invocation)
    case "walls": try walls(name, invocation)
    default:
      throw Failure.usage(
        "'profile' knows no '\(words.first?.printable ?? "")'", hint: "list, show, check or walls")
    }
    return ExitCode.done
  }

  private static func list(_ invocation: Invocation) throws {
    let library = ProfileLibrary(
      userDirectory: ProfileLibrary.userDirectory(home: invocation.home))
    let names = library.names()
    if invocation.wantsJSON {
      let rows = names.map { ["name": .string($0.name), "from": .string($0.file)] as JSON }
      return try invocation.output.line(JSON.array(rows).prettyText)
    }
    var table = Table("PROFILE", "FROM", "WHAT IT IS")
    for (name, file) in names {
      // One broken file must not hide the others.
      let summary = (try? library.profile(named: name).profile.summary) ?? "has a mistake"
      table.add(name, file, summary)
    }
    for line in table.lines(style: invocation.output.style) { try invocation.output.line(line) }
  }

  private static func show(_ name: String?, _ invocation: Invocation) throws {
    let choice = try ProfileChoice(project: invocation.project(), home: invocation.home)
    try invocation.page()
    if invocation.arguments.has("effective") {
      let variables = PathVariables(home: invocation.home, environment: Process.environment)
      let profile = try choice.load(named: name).profile.effective(variables)
      return try invocation.output.write(profile.toml)
    }
    let loaded = try name.map(choice.library.profile(named:)) ?? choice.load(named: nil)
    try invocation.output.write(loaded.profile.toml)
  }

  private static func checkFile(_ words: [ByteString], _ invocation: Invocation) throws {
    guard words.count == 2 else { throw Failure.usage("'profile check' needs a file") }
    let library = ProfileLibrary(
      userDirectory: ProfileLibrary.userDirectory(home: invocation.home))
    guard let layer = try library.layer(at: words[1]) else {
      throw Failure("there is no '\(words[1].printable)'")
    }
    try library.check(layer)
    invocation.say("'\(words[1].printable)' has no mistake")
  }

  private static func walls(_ name: String?, _ invocation: Invocation) throws {
    let project = try invocation.project()
    let choice = ProfileChoice(project: project, home: invocation.home)
    let profile = try choice.load(named: name).profile
    let walls = try Walls(profile, project: project.path, home: invocation.home)
      .planned(project: project.path, home: invocation.home)
    if invocation.wantsJSON {
      return try invocation.output.line(JSON.object(WallReport.json(walls)).prettyText)
    }
    for line in WallReport.lines(walls, style: invocation.output.style) {
      try invocation.output.line(line)
    }
  }
}
