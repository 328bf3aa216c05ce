import Harness
import Linux
import Overlay

/// A promise with a name, kept by doing the same on the overlay and on a plain directory.
package struct Scenario: Sendable {
  enum Body: Sendable {
    case operations([Operation])
    /// Shell scripts, with a remount between each two; what they say must be equal, and the trees
    /// as well unless something in them depends on inode numbers.
    case scripts([String], comparesTrees: Bool)
    /// The table of POSIX cases.
    case table
    /// Something that only the overlay does, with its own judgement.
    case special(@Sendable (Workspace) throws -> String?)
  }

  package let name: String
  let body: Body

  init(_ name: String, _ operations: Operation...) {
    self.name = name
    body = .operations([.umask(0o022)] + operations)
  }

  init(_ name: String, scripts: String..., comparesTrees: Bool = true) {
    self.name = name
    body = .scripts(scripts, comparesTrees: comparesTrees)
  }

  init(_ name: String, _ special: @escaping @Sendable (Workspace) throws -> String?) {
    self.name = name
    body = .special(special)
  }

  static let table = [
    Scenario(
      "every call of the table of POSIX cases does what it does on a plain directory", .table)
  ]

  private init(_ name: String, _ body: Body) {
    self.name = name
    self.body = body
  }

  /// Runs a Python program that works in the view and on the host's side of it; what it says is wrong.
  static func python(
    _ script: String, at place: Workspace, milliseconds: Int32 = 60_000,
    _ changes: @escaping @Sendable (inout OverlayOptions) -> Void = { _ in }
  ) throws -> String? {
    try Workspace.enterNamespace()
    let view = try View(place, changes: changes)
    var command = Command(
      ["python3", "-c", script, place.lower.printable, place.view.printable], in: "/",
      environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"])
    command.milliseconds = milliseconds
    let ended = try command.run()
    try view.quit()
    return ended.status == 0 ? nil : "(\(ended.status)) \(ended.text)\(ended.complaint)"
  }

  /// Every scenario that is quick enough for each run of the tests.
  package static let all: [Scenario] =
    traps + names + contents + attributes + table + programs + faults + lowers + beliefs + watching
    + hanging

  /// Runs it; nil: it holds.
  package func run(by runner: Runner) throws(Errno) -> Finding? {
    switch body {
    case .operations(let operations): try runner.run(operations)
    case .scripts(let scripts, let compares):
      try runner.watch { place, progress in
        Trial(place, [], progress: progress).run { trial, plain, overlay, view in
          try trial.run(scripts, plain, overlay, view, comparesTrees: compares)
        }
      }
    case .table:
      try runner.watch { place, progress in
        let trial = Trial(place, [], progress: progress)
        trial.populates = { try $0.populateTable($1) }
        trial.isSealed = true
        return trial.run { trial, plain, overlay, view in
          try trial.runTable(plain, overlay, view)
        }
      }
    case .special(let special):
      try runner.watch { place, _ in
        do {
          return try special(place).map { Finding(index: 0, text: $0) }
        } catch { return Finding(index: 0, text: "the scenario itself failed: \(error)") }
      }
    }
  }
}
