import Linux

/// What may stand where the user has got to in a command line.
struct Completion {
  /// One word that may stand there.
  struct Candidate: Equatable {
    let word: ByteString
    let summary: String
    /// More of the same word follows, as behind a directory's slash.
    var isOpen = false

    init(_ word: ByteString, _ summary: String = "", isOpen: Bool = false) {
      (self.word, self.summary, self.isOpen) = (word, summary, isOpen)
    }
  }

  /// What the shell is to offer.
  enum Offer: Equatable {
    case words([Candidate])
    case files
    case directories
    /// What it would offer for a command line that begins at a word of this one.
    case program(at: Int)
  }

  /// All words up to the cursor, the program's own name first and the unfinished one last.
  private let words: [ByteString]
  private var place = 1
  private var given: [ByteString] = []
  private var seen: Set<String> = []
  private var operands: [ByteString] = []

  /// Reads the words of a command line, of which the last may be unfinished.
  static func offer(for words: [ByteString]) -> Offer {
    var completion = Completion(words: Self.joined(words))
    return completion.offer()
  }

  private init(words: [ByteString]) { self.words = words }

  private var last: ByteString { words.last ?? "" }

  private mutating func offer() -> Offer {
    guard words.count > 1 else { return .words([]) }
    if let offer = skipOptions(GlobalOptions.all + [GlobalOptions.version], of: nil) {
      return offer
    }
    if place == words.count - 1 {
      return isOption(last)
        ? options(GlobalOptions.all + [GlobalOptions.version])
        : .words(matching(Candidates.verbs, last))
    }
    let name = words[place]
    place += 1
    guard let verb = try? Verbs.named(name) else { return .words([]) }  // No verb, nothing known.
    return offer(of: verb)
  }

  private mutating func offer(of verb: Verb) -> Offer {
    let options = verb.options + GlobalOptions.all
    while true {
      if let offer = skipOptions(options, of: verb) { return offer }
      let isEnded = place <= words.count - 1 && words[place] == "--"
      if isEnded, place < words.count - 1 { return plain(of: verb, from: place + 1) }
      if verb.takesCommand, !isOption(words[place]) { return .program(at: place) }
      if place == words.count - 1 {
        return isOption(last)
          ? self.options(options) : operand(of: verb)
      }
      operands.append(words[place])
      place += 1
    }
  }

  /// Behind two dashes everything is an operand.
  private mutating func plain(of verb: Verb, from first: Int) -> Offer {
    if verb.takesCommand { return .program(at: first) }
    operands += words[first..<(words.count - 1)]
    return operand(of: verb)
  }

  private func operand(of verb: Verb) -> Offer {
    let meanings = Meaning.ofOperand(behind: operands, in: verb.operands.spelling)
    return offer(meanings, verb, prefix: last, before: "")
  }

  /// Goes over options and their values; an offer where the cursor is in one's value.
  private mutating func skipOptions(_ options: [Option], of verb: Verb?) -> Offer? {
    while place < words.count - 1, isOption(words[place]), words[place] != "--" {
      let word = words[place]
      place += 1
      guard let option = Self.option(word, among: options) else { continue }
      seen.insert(option.name)
      if option.value == nil { continue }
      if word.bytes.contains(UInt8(ascii: "=")) { note(word, nil); continue }
      if place == words.count - 1 { return value(of: option, verb, prefix: last, before: "") }
      note(word, words[place])
      place += 1
    }
    return attached(options, of: verb)
  }

  /// The value behind "--option=", where the cursor is in it.
  private func attached(_ options: [Option], of verb: Verb?) -> Offer? {
    guard place == words.count - 1, last.bytes.starts(with: "--".utf8),
      let equals = last.bytes.firstIndex(of: UInt8(ascii: "=")),
      let option = Self.option(last, among: options), option.value != nil
    else { return nil }
    let before = ByteString(last.bytes[...equals])
    return value(of: option, verb, prefix: ByteString(last.bytes[(equals + 1)...]), before: before)
  }

  private func value(
    of option: Option, _ verb: Verb?, prefix: ByteString, before: ByteString
  ) -> Offer {
    let meanings =
      option.choices.isEmpty
      ? Meaning.ofValue(option.value ?? "") : option.choices.map { .word($0) }
    return offer(meanings, verb, prefix: prefix, before: before)
  }

  private func offer(
    _ meanings: [Meaning], _ verb: Verb?, prefix: ByteString, before: ByteString
  ) -> Offer {
    if meanings.contains(.directory) { return .directories }
    if meanings.contains(.file) { return .files }
    let found = meanings.flatMap { Candidates(verb: verb, given: given).all($0, prefix) }
    return .words(
      matching(found, prefix).map {
        Candidate(ByteString(before.bytes + $0.word.bytes), $0.summary, isOpen: $0.isOpen)
      })
  }

  /// Options of which the user may mean one; what was given is offered again only if it repeats.
  private func options(_ options: [Option]) -> Offer {
    let fresh = options.filter { $0.repeats || !seen.contains($0.name) }
    return .words(matching(fresh.map { Candidate(ByteString("--\($0.name)"), $0.summary) }, last))
  }

  private func matching(_ candidates: [Candidate], _ prefix: ByteString) -> [Candidate] {
    candidates.filter { $0.word.bytes.starts(with: prefix.bytes) }
  }

  private func isOption(_ word: ByteString) -> Bool {
    word.bytes.first == UInt8(ascii: "-")
  }

  /// Keeps what says which session is meant.
  private mutating func note(_ option: ByteString, _ value: ByteString?) {
    given.append(option)
    if let value { given.append(value) }
  }

  private static func option(_ word: ByteString, among options: [Option]) -> Option? {
    let name = ByteString(word.bytes.prefix { $0 != UInt8(ascii: "=") })
    return options.first { option in
      ByteString("--\(option.name)") == name || option.short.map { ByteString("-\($0)") } == name
    }
  }

  /// A shell may split "--option=value" into three words; "--option" and "value" mean the same.
  private static func joined(_ words: [ByteString]) -> [ByteString] {
    var joined: [ByteString] = []
    for (index, word) in words.enumerated() {
      let isSplit = word == "=" && joined.last?.bytes.starts(with: "--".utf8) ?? false
      if !isSplit { joined.append(word) } else if index == words.count - 1 { joined.append("") }
    }
    return joined
  }
}
