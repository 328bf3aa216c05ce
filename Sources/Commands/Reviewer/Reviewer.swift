import Changes
import Linux

/// The full-screen reviewer: files on the left, the diff on the right, a key for everything.
struct Reviewer {
  private let screen: Screen
  private var keys: KeyInput
  private var state: ReviewerState
  private let editor = Editor()

  /// What the user decided.
  enum Outcome {
    case chosen([Change])
    case left
  }

  /// Reviews a part of a plan on the terminal.
  init(_ plan: Plan, part: Plan, _ contents: ContentReader, for purpose: Purpose) throws {
    guard Descriptor.standardInput.isTerminal, Descriptor.standardOutput.isTerminal else {
      throw Failure.usage("'-i' needs a terminal", hint: "'-p' asks line by line, also in a pipe")
    }
    state = try ReviewerState(plan, part: part, contents, for: purpose)
    screen = try Screen(.standardOutput)
    keys = KeyInput(.standardInput)
  }

  /// Shows and obeys until the user has decided.
  mutating func run() throws -> Outcome {
    defer { screen.giveBack() }
    try draw()
    while true {
      guard let key = try keys.next(milliseconds: 250) else {
        if screen.measure() { try draw() }
        continue
      }
      if let outcome = try press(key) { return outcome }
      try draw()
    }
  }

  private func draw() throws {
    screen.measure()
    let view = ReviewerView(
      state: state, rows: Int(screen.size.rows), columns: Int(screen.size.columns))
    try screen.show(view.lines)
  }

  private mutating func press(_ key: Key) throws -> Outcome? {
    if key == .interrupt { return .left }
    switch state.question {
    case .none: return try command(key)
    case .help: state.question = .none
    case .risk: if let isYes = Self.answer(key) { state.answerRisk(isYes) }
    case .end:
      guard let isYes = Self.answer(key) else { return nil }
      state.question = .none
      let purpose = state.purpose
      return isYes ? .chosen(state.files.compactMap { $0.chosen(for: purpose) }) : nil
    case .search(let text): try type(key, text)
    }
    return nil
  }

  private static func answer(_ key: Key) -> Bool? {
    switch key {
    case .character("y"), .character("Y"): true
    case .character("n"), .character("N"), .escape: false
    default: nil
    }
  }

  private mutating func type(_ key: Key, _ text: String) throws {
    switch key {
    case .enter:
      state.query = text
      state.question = .none
      state.hit = nil
      try state.find(1)
    case .escape: state.question = .none
    case .backspace: state.question = .search(String(text.dropLast()))
    case .character(let character): state.question = .search(text + String(character))
    default: break
    }
  }

  private mutating func command(_ key: Key) throws -> Outcome? {
    state.message = ""
    switch key {
    case .character("q"): return .left
    case .character("?"): state.question = .help
    case .character("/"): state.question = .search("")
    case .character("]"): try state.find(1)
    case .character("["): try state.find(-1)
    case .character(" "): state.toggle()
    case .character("a"): state.take(Array(state.files.indices))
    case .character("n"): for index in state.files.indices { state.files[index].take(false) }
    case .character("s"): try split()
    case .character("e"): try edit()
    case .character(state.purpose == .discarding ? "D" : "A"):
      if state.takenCount == 0 { state.message = "nothing is taken" } else { state.question = .end }
    default: try move(key)
    }
    return nil
  }

  private mutating func move(_ key: Key) throws {
    let page = max(1, Int(screen.size.rows) - 4)
    switch key {
    case .tab: state.side = state.side == .files ? .diff : .files
    case .left, .character("h"): state.side = .files
    case .right, .character("l"), .enter: state.side = .diff
    case .up, .character("k"): try go(-1)
    case .down, .character("j"): try go(1)
    case .pageUp: state.scroll(by: -page)
    case .pageDown: state.scroll(by: page)
    case .home: try state.go(to: 0)
    case .end: try state.go(to: state.files.count - 1)
    default: break
    }
  }

  private mutating func go(_ by: Int) throws {
    switch state.side {
    case .files: try state.go(to: state.file + by)
    case .diff: state.go(toItem: state.item + by)
    }
  }

  private mutating func split() throws {
    let (file, item) = (state.file, state.item)
    if try !state.files[file].split(item: item, state.plan, state.contents) {
      state.message = "this can't be split"
    }
  }

  private mutating func edit() throws {
    let (file, item) = (state.file, state.item)
    guard state.purpose == .applying,
      case .hunk(let piece)? = state.current.decision?.items[item]
    else {
      state.message = "this can't be edited"
      return
    }
    guard state.current.risks.isEmpty || state.current.hasConsent else {
      state.message = "it holds a risk: take it first"
      return
    }
    screen.giveBack()
    let old = state.current.decision?.pieces.old ?? []
    let result = Result { try editor.edit(piece, old: old) }
    try screen.take()
    switch result {
    case .success(let edited):
      try state.files[file].replace(item: item, edited, state.plan, state.contents)
      state.message = edited == nil ? "nothing was left of the hunk" : "took the hunk as edited"
    case .failure(let error as PieceError): state.message = error.description
    case .failure(let error): throw error
    }
  }
}
