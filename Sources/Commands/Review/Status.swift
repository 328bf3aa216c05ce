import Apply
import Changes
import Linux
import Sessions
import Store

/// Where a session stands.
struct Status {
  /// What the session changed in one of its directories.
  struct Part {
    let root: Root
    let tally: Tally
    let isEmpty: Bool
    let drift: [Conflict]
  }

  private let name: SessionName
  private let project: ByteString
  private let isRunning: Bool
  private let presence: StoredSession.Presence
  private let origin: BranchOrigin?
  private var parts: [Part] = []
  /// Why a directory could not be compared.
  private var failures: [Failure] = []
  /// The last steps that did something, the newest first.
  private let steps: [Step]

  init(_ session: borrowing StoredSession, _ invocation: Invocation) throws {
    name = session.name
    project = session.project
    isRunning = session.isRunning
    presence = try session.presence()
    let reader = try session.read()
    origin = try reader.branchOrigin()
    let changing = try reader.changingSteps()
    let told = try reader.steps().filter {
      $0.id.rawValue > 1 && ($0.kind != .mark || changing.contains($0.id))
    }
    steps = told.suffix(3).reversed()
    for root in reader.roots {
      do {
        let review = try Review(reader: reader, root: root.path.string)
        let tally = try Tally(review.plan, review.contents)
        parts.append(
          Part(
            root: root, tally: tally, isEmpty: review.plan.isEmpty, drift: try review.drift()))
      } catch { failures.append(Failure(error)) }
    }
  }

  private var hasChanges: Bool { parts.contains { !$0.isEmpty } }
  /// Whether an apply, which is of the project, would conflict.
  private var hasDrift: Bool {
    parts.contains { $0.root.role == .project && !$0.drift.isEmpty }
  }
}

// As a person reads it.
extension Status {
  func lines(_ style: Style) -> [String] {
    let from = origin.map { "  (branch of \($0.session), step \($0.step.rawValue))" } ?? ""
    var lines = ["session  \(style.bold(name.text))\(from)", "project  \(project.printable)"]
    if let mount = presence.mount { lines.append("mounted  \(mount.printable)") }
    for command in presence.commands {
      let words = command.words.map(Words.quoted).joined(separator: " ")
      lines.append("running  \(words)  (began \(Amounts.ago(command.began)))")
    }
    for part in parts where !part.isEmpty {
      let place = part.root.role == .project ? "" : "  in \(part.root.path.printable)"
      lines.append("changed  \(part.tally.words)\(place)")
    }
    if !hasChanges, failures.isEmpty { lines.append("changed  nothing") }
    for part in parts { lines += Self.drift(part, style) }
    for failure in failures { lines.append("unknown  \(failure.sentence)") }
    for step in steps {
      lines.append(
        "\(step.id == steps.first?.id ? "came by" : "       ")  \(Self.line(step, style))")
    }
    let next = advice.enumerated().map { ($0.offset == 0 ? "next     " : "         ") + $0.element }
    return lines + next
  }

  private static func drift(_ part: Part, _ style: Style) -> [String] {
    let most = 10
    let place = part.root.role == .project ? "the project" : "'\(part.root.path.printable)'"
    var lines = part.drift.prefix(most).enumerated().map { index, conflict in
      (index == 0 ? style.yellow("drifted") : "       ") + "  \(conflict.description(in: place))"
    }
    if part.drift.count > most { lines.append("         ... and \(part.drift.count - most) more") }
    return lines
  }

  private static func line(_ step: Step, _ style: Style) -> String {
    let words = step.command.map(Words.quoted).joined(separator: " ")
    let outcome =
      step.status.map { $0 == 0 ? style.green("ok") : style.red("ended with \($0)") } ?? ""
    return [
      "step \(step.id.rawValue)", step.word, words, ByteString(step.message).printable, outcome,
    ]
    .filter { !$0.isEmpty }.joined(separator: " ") + "  (\(Amounts.ago(step.began)))"
  }

  /// What to type next.
  private var advice: [String] {
    let session = "--session \(name)"
    if isRunning, !presence.commands.isEmpty {
      return ["'cowbox diff' shows it so far, 'cowbox exec -- COMMAND' joins it"]
    }
    if !failures.isEmpty { return ["'cowbox fsck \(name)' checks the session"] }
    guard hasChanges else {
      return ["'cowbox run -- COMMAND' goes on, 'cowbox rm \(name)' removes the session"]
    }
    if hasDrift {
      let hasRefresh = Verbs.all.contains { $0.name == "refresh" }
      return [
        "'cowbox diff' shows it; an apply would conflict"
          + (hasRefresh ? ", 'cowbox refresh' takes the project's changes in" : "")
      ]
    }
    var lines = [
      "'cowbox diff' shows it, 'cowbox apply' takes it, 'cowbox undo' goes a change back"
    ]
    if let origin {
      lines.append("'cowbox commit \(name)' merges it into session \(origin.session) (\(session))")
    }
    return lines
  }
}

// As a program reads it.
extension Status {
  var json: JSON {
    [
      "session": .string(name.text), "project": JSON(project), "running": .bool(isRunning),
      "keeper": JSON.optional(presence.keeper) { .int($0) },
      "mount": JSON.optional(presence.mount) { JSON($0) },
      "commands": .array(presence.commands.map(\.json)),
      "from": JSON.optional(origin) {
        ["session": .string($0.session), "step": .int($0.step.rawValue)]
      },
      "roots": .array(
        parts.map { part in
          [
            "root": JSON(part.root.path), "changed": .bool(!part.isEmpty),
            "changes": part.tally.json,
            "drifted": .array(
              part.drift.map { ["path": JSON($0.path), "why": .string($0.description)] }),
          ]
        }),
      "failures": .array(failures.map { .string($0.sentence) }),
      "steps": .array(
        steps.map { step in
          [
            "step": .int(step.id.rawValue), "kind": .string(step.word),
            "command": .array(step.command.map { JSON($0) }),
            "status": JSON.optional(step.status) { .int(Int64($0)) },
          ]
        }),
    ]
  }
}

extension Review {
  /// Where the project has changed in the places that the session changed, too.
  func drift() throws -> [Conflict] {
    try Drift.conflicts(of: plan, reader: reader, lower: contents.lower)
  }
}
