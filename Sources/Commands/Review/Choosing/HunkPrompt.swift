import Changes
import Linux

/// Asks for each hunk whether it is meant, as `git add -p` asks.
struct HunkPrompt {
  private let plan: Plan
  private let contents: ContentReader
  private let purpose: Purpose
  private let output: Output
  private let input: LineInput
  private let editor = Editor()
  private let style: RenderingStyle

  /// Whom to ask, and about which plan.
  init(
    _ plan: Plan, _ contents: ContentReader, for purpose: Purpose, _ invocation: Invocation,
    from input: Descriptor = .standardInput
  ) {
    self.plan = plan
    self.contents = contents
    self.purpose = purpose
    output = invocation.output
    self.input = LineInput(input)
    style = RenderingStyle(
      isColored: output.style.isOn, isEscaped: Descriptor.standardOutput.isTerminal)
  }

  /// What is to be done after an answer.
  private enum Next {
    case item(Int)
    case file, end
  }

  /// Asks about the entries of a part of the plan; answers those that are meant, as far as they are.
  func choose(from part: Plan) throws -> [Change] {
    var chosen: [Change] = []
    for change in part.changes {
      let pieces = try plan.pieces(of: change, contents)
      var decision = Decision(pieces)
      try writeHeader(of: change)
      let goesOn = try ask(&decision)
      if let change = decision.change(for: purpose) { chosen.append(change) }
      if !goesOn { break }
    }
    return chosen
  }

  /// False where the user wants to be asked no more.
  private func ask(_ decision: inout Decision) throws -> Bool {
    var index = 0
    while index < decision.items.count {
      try show(decision.items[index], decision.pieces.change)
      let answer = try answer(to: decision, at: index)
      switch try act(on: answer, &decision, at: index) {
      case .item(let next): index = next
      case .file: return true
      case .end: return false
      }
    }
    return true
  }

  private func act(on answer: UInt8?, _ decision: inout Decision, at index: Int) throws -> Next {
    switch answer {
    case UInt8(ascii: "y"), UInt8(ascii: "n"):
      decision.isTaken[index] = answer == UInt8(ascii: "y")
      return .item(decision.nextOpen(after: index))
    case UInt8(ascii: "a"), UInt8(ascii: "d"):
      decision.answerRest(from: index, answer == UInt8(ascii: "a"))
      return .file
    case UInt8(ascii: "q"), nil: return .end
    case UInt8(ascii: "j"): return .item(min(index + 1, decision.items.count - 1))
    case UInt8(ascii: "k"): return .item(max(index - 1, 0))
    case UInt8(ascii: "s"):
      let count = decision.items.count
      if !decision.split(at: index) {
        try output.line("this can't be split")
      } else {
        try output.line("split into \(decision.items.count - count + 1) hunks")
      }
      return .item(index)
    case UInt8(ascii: "e"): return try edit(&decision, at: index)
    default:
      try output.write(help)
      return .item(index)
    }
  }

  private func edit(_ decision: inout Decision, at index: Int) throws -> Next {
    guard case .hunk(let piece) = decision.items[index], purpose != .discarding else {
      try output.line("this can't be edited")
      return .item(index)
    }
    try output.flush()
    do {
      if let edited = try editor.edit(piece, old: decision.pieces.old) {
        decision.items[index] = .hunk(edited)
        decision.isTaken[index] = true
      } else {
        decision.isTaken[index] = false
      }
      return .item(decision.nextOpen(after: index))
    } catch let error as PieceError {
      try output.line(error.description)
      return .item(index)
    }
  }
}

// What is shown.
extension HunkPrompt {
  private func writeHeader(of change: Change) throws {
    let name = style.isEscaped ? change.path.printable : change.path.gitQuoted
    let origin = change.kind == .renamed ? " (from \(change.origin?.printable ?? ""))" : ""
    try output.line(
      output.style.bold("\(change.kind.words) \(change.fileKind.words) \(name)\(origin)"))
    for risk in Risk.all(in: change) {
      try output.line(output.style.yellow("risk \(risk.rawValue): \(risk.words)"))
    }
  }

  private func show(_ item: Decision.Item, _ change: Change) throws {
    let output = output
    let sink = TextSink { bytes in try output.write(bytes) }
    switch item {
    case .hunk(let piece): try style.write(piece.hunk, to: sink)
    case .attributes:
      for line in change.attributeWords { try output.line(line) }
    case .whole:
      try PatchText(plan.only(change), contents, style: style).write(to: sink)
    }
    try sink.finish()
  }

  private func answer(to decision: Decision, at index: Int) throws -> UInt8? {
    let (verb, item) = (purpose == .discarding ? "Discard" : "Apply", decision.items[index])
    let what: String
    var keys = "y,n,q,a,d"
    if decision.items.count > 1 { keys += ",j,k" }
    switch item {
    case .whole: what = "this change"
    case .attributes: what = "this change of attributes"
    case .hunk(let piece):
      what = "this hunk"
      if piece.split.count > 1 { keys += ",s" }
      if purpose != .discarding { keys += ",e" }
    }
    let question =
      "(\(index + 1)/\(decision.items.count)) \(verb) \(what) [\(keys),?]? "
    try output.write(output.style.cyan(question))
    try output.flush()
    let line = try input.next()
    if line == nil { try output.line() }
    return line.map { $0.bytes.first ?? UInt8(ascii: "?") }
  }

  private var help: String {
    let verb = purpose == .discarding ? "discard" : "apply"
    return """
      y - \(verb) this
      n - don't: it stays pending
      q - end here; what was answered with y is done
      a - \(verb) this and the rest of the file
      d - don't \(verb) this nor the rest of the file
      j - leave this undecided, see the next
      k - leave this undecided, see the one before
      s - split this hunk into smaller ones
      e - edit this hunk
      ? - this help

      """
  }
}

extension Change.Kind {
  /// What was done, before the name of what it was done to.
  var words: String {
    switch self {
    case .added: "new"
    case .deleted: "deleted"
    case .modified: "changed"
    case .renamed: "renamed"
    }
  }
}
