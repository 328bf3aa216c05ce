import Linux
import Sessions
import Store

/// `cowbox fsck`: looks for damage in sessions, and repairs it.
enum CheckCommand {
  static let verb = Verb(
    "fsck", .care, "check sessions for damage, and repair it", operands: .any("[ID...]"),
    options: [
      Option("repair", "repair what was found, and read out what is whole of a damaged database"),
      Option("all", short: "a", "the sessions of all projects"), Invocation.json,
    ],
    details: """
      Without an ID the project's sessions are checked: their database, every row of it, and that the
      files which the rows name are there and whole. Nothing is changed without --repair, which loses
      no content that is still there; a database that can't be read is made anew of the rows that
      can, and the old one stays beside it as 'session.db.damaged'. A session that runs is refused.
      The exit status is 1 when something is wrong and was not repaired.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    guard let catalogue = try invocation.catalogue() else {
      invocation.say("there are no sessions")
      return ExitCode.done
    }
    let names = try items(catalogue, invocation).map(\.name)
    if names.isEmpty { invocation.say("no sessions to check") }
    var reports: [JSON] = []
    var isWrong = false
    for name in names {
      let report = check(name, catalogue, repairing: invocation.arguments.has("repair"))
      isWrong = isWrong || report.isWrong
      if invocation.wantsJSON {
        reports.append(report.json)
      } else {
        for line in report.lines { try invocation.output.line(line) }
      }
    }
    if invocation.wantsJSON { try invocation.output.line(JSON.array(reports).prettyText) }
    return isWrong ? ExitCode.failed : ExitCode.done
  }

  private static func items(_ catalogue: borrowing Catalogue, _ invocation: Invocation) throws
    -> [Catalogue.Item]
  {
    if !invocation.operands.isEmpty {
      return try invocation.operands.map { try catalogue.find($0.printable) }
    }
    if invocation.arguments.has("all") { return try catalogue.items() }
    if let named = try invocation.arguments.text("session") { return [try catalogue.find(named)] }
    return try catalogue.items(of: invocation.project().path)
  }

  /// What was found out about one session.
  private struct Report {
    let name: SessionName
    var findings: [Store.Finding] = []
    /// Why it could not be checked, or not be repaired.
    var failure: Failure?

    var isWrong: Bool { failure != nil || findings.contains { $0.remedy == nil } }

    var lines: [String] {
      var lines = findings.map { finding in
        "\(name): \(finding.words)" + (finding.remedy.map { ": \($0)" } ?? "")
      }
      if let failure { lines.append("\(name): \(failure.sentence)") }
      if lines.isEmpty { lines.append("\(name): nothing is wrong") }
      if findings.contains(where: { $0.remedy == nil }) {
        lines.append("\(name): 'cowbox fsck --repair \(name)' repairs it")
      }
      return lines
    }

    var json: JSON {
      [
        "session": .string(name.text), "clean": .bool(findings.isEmpty && failure == nil),
        "failure": JSON.optional(failure) { .string($0.sentence) },
        "findings": .array(
          findings.map { finding in
            [
              "kind": .string(finding.kind.rawValue), "words": .string(finding.words),
              "loss": .bool(finding.isLoss),
              "remedy": JSON.optional(finding.remedy) { .string($0) },
            ]
          }),
      ]
    }
  }

  private static func check(
    _ name: SessionName, _ catalogue: borrowing Catalogue, repairing: Bool
  ) -> Report {
    var report = Report(name: name)
    do {
      let directory = try catalogue.open(name)
      let check =
        try repairing
        ? SessionCheck.repair(directory.borrowed) : SessionCheck.inspect(directory.borrowed)
      report.findings = check.findings
    } catch StoreError.busy {
      report.failure = Landing.running(name)
    } catch {
      report.failure = Failure(error)
    }
    return report
  }
}
