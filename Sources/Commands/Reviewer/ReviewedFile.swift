import Changes
import Linux

/// One change under review: what it says line by line, and what was decided about it.
struct ReviewedFile {
  /// A line of the right side.
  struct Line {
    enum Kind {
      case title, hunk, added, deleted, context, note
    }

    let kind: Kind
    let text: String
    /// Which part of the change it belongs to; nil: to none.
    let item: Int?
  }

  let change: Change
  let risks: [Risk]
  /// The decision, once the parts were looked at.
  private(set) var decision: Decision?
  private(set) var lines: [Line] = []
  /// What was decided about all of it, while the parts were not looked at.
  private var isTakenUnseen = false
  /// Whether the user was told the risks and said yes.
  var hasConsent = false

  init(_ change: Change, for purpose: Purpose) {
    self.change = change
    // What is forgotten acts no more.
    risks = purpose == .applying ? Risk.all(in: change) : []
  }

  /// How much of it is taken.
  enum Extent {
    case none, part, all
  }

  var extent: Extent {
    guard let decision else { return isTakenUnseen ? .all : .none }
    let taken = decision.isTaken.count { $0 == true }
    if taken == 0 { return .none }
    return taken == decision.items.count && !isEdited ? .all : .part
  }

  private var isEdited = false

  /// Takes all of it, or nothing.
  mutating func take(_ isTaken: Bool) {
    isTakenUnseen = isTaken
    decision?.answerAll(isTaken)
  }

  mutating func toggle(item: Int) {
    let wasTaken = isTaken(item: item)
    decision?.isTaken[item] = !wasTaken
  }

  func isTaken(item: Int) -> Bool { decision?.isTaken[item] ?? false }

  /// The change that is meant; nil: none.
  func chosen(for purpose: Purpose) -> Change? {
    if let decision { return decision.change(for: purpose) }
    return isTakenUnseen ? change : nil
  }

  /// Looks at the parts.
  mutating func load(_ plan: Plan, _ contents: ContentReader) throws {
    guard decision == nil else { return }
    var made = Decision(try plan.pieces(of: change, contents))
    if isTakenUnseen { made.answerAll(true) }
    decision = made
    try write(plan, contents)
  }

  /// Puts smaller hunks in the place of one; false where there are none.
  mutating func split(item: Int, _ plan: Plan, _ contents: ContentReader) throws -> Bool {
    guard decision?.split(at: item) == true else { return false }
    try write(plan, contents)
    return true
  }

  /// Takes a hunk as the user edited it.
  mutating func replace(item: Int, _ piece: Piece?, _ plan: Plan, _ contents: ContentReader) throws
  {
    guard let piece else {
      decision?.isTaken[item] = false
      return
    }
    decision?.items[item] = .hunk(piece)
    decision?.isTaken[item] = true
    isEdited = true
    try write(plan, contents)
  }

  private mutating func write(_ plan: Plan, _ contents: ContentReader) throws {
    lines = []
    for risk in risks {
      lines.append(Line(kind: .note, text: "risk \(risk.rawValue): \(risk.words)", item: nil))
    }
    for (index, item) in (decision?.items ?? []).enumerated() {
      switch item {
      case .attributes:
        lines.append(Line(kind: .hunk, text: "@@ attributes @@", item: index))
        lines += change.attributeWords.map { Line(kind: .context, text: $0, item: index) }
      case .hunk(let piece): add(piece.hunk, index)
      case .whole: try addPatch(plan.only(change), contents, index)
      }
    }
  }

  private mutating func add(_ hunk: Hunk, _ item: Int) {
    lines.append(Line(kind: .hunk, text: Self.shown(hunk.header), item: item))
    for line in hunk.lines {
      let kind: Line.Kind =
        switch line.mark {
        case UInt8(ascii: "+"): .added
        case UInt8(ascii: "-"): .deleted
        default: .context
        }
      if line.mark == UInt8(ascii: "\\") {
        lines.append(Line(kind: .note, text: "\\ No newline at end of file", item: item))
      } else {
        lines.append(Line(kind: kind, text: Self.shown([line.mark] + line.bytes), item: item))
      }
    }
  }

  /// What is taken as a whole, as the patch has it.
  private mutating func addPatch(_ plan: Plan, _ contents: ContentReader, _ item: Int) throws {
    var text: [UInt8] = []
    let sink = TextSink { text += $0 }
    try PatchText(plan, contents).write(to: sink)
    try sink.finish()
    var isInHunk = false
    for line in text.lines {
      if line.starts(with: "@@".utf8) { isInHunk = true }
      if line.starts(with: "diff --git".utf8) || line.starts(with: "# ".utf8) { isInHunk = false }
      let kind: Line.Kind =
        switch line.first {
        case UInt8(ascii: "@"): .hunk
        case UInt8(ascii: "+") where isInHunk: .added
        case UInt8(ascii: "-") where isInHunk: .deleted
        default: isInHunk ? .context : .title
        }
      lines.append(Line(kind: kind, text: Self.shown(line), item: item))
    }
  }

  private static func shown(_ line: [UInt8]) -> String {
    let shown = RenderingStyle(isEscaped: true).shown(line)
    let text = String(decoding: shown.last == 0x0A ? shown.dropLast() : shown[...], as: UTF8.self)
    return Columns.expanded(text)
  }
}
