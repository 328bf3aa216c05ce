import Linux
import Profiles

/// Reads a command line by the table of verbs: long and short options, `--`, and operands.
struct ArgumentParser {
  private let options: [Option]
  private let owner: String
  private let stopsAtOperand: Bool
  private var rest: ArraySlice<ByteString>
  private var arguments = Arguments()

  /// Reads the words behind a command's name.
  static func parse(_ words: ArraySlice<ByteString>, for verb: Verb) throws -> Arguments {
    var parser = ArgumentParser(
      options: verb.options + GlobalOptions.all, owner: "'\(verb.name)'",
      stopsAtOperand: verb.takesCommand, rest: words)
    try parser.run()
    if case .none = verb.operands, let extra = parser.arguments.operands.first,
      !parser.arguments.has("help")
    {
      throw Failure.usage(
        "'\(verb.name)' takes no '\(extra.printable)'",
        hint: "'cowbox help \(verb.name)' says what it takes")
    }
    return parser.arguments
  }

  /// Reads the options before the command's name and answers what is left.
  static func parseGlobal(_ words: ArraySlice<ByteString>) throws
    -> (Arguments, ArraySlice<ByteString>)
  {
    var parser = ArgumentParser(
      options: GlobalOptions.all + [GlobalOptions.version], owner: "cowbox", stopsAtOperand: true,
      rest: words)
    try parser.run()
    return (parser.arguments, parser.arguments.operands[...])
  }

  private init(
    options: [Option], owner: String, stopsAtOperand: Bool, rest: ArraySlice<ByteString>
  ) {
    self.options = options
    self.owner = owner
    self.stopsAtOperand = stopsAtOperand
    self.rest = rest
  }

  private mutating func run() throws {
    while let word = rest.popFirst() {
      if word == "--" { return takeOperands() }
      if word.bytes.starts(with: "--".utf8) {
        try long(word)
      } else if word.bytes.first == UInt8(ascii: "-"), word.count > 1 {
        try short(word)
      } else if stopsAtOperand {
        arguments.add(operand: word)
        return takeOperands()
      } else {
        arguments.add(operand: word)
      }
    }
  }

  private mutating func takeOperands() {
    for word in rest { arguments.add(operand: word) }
    rest = []
  }

  private mutating func long(_ word: ByteString) throws {
    let parts = word.bytes.dropFirst(2).split(
      separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
    let name = ByteString(parts[0])
    guard let option = options.first(where: { $0.name.utf8.elementsEqual(name.bytes) }) else {
      throw unknown("--" + name.printable, among: options.map { "--" + $0.name })
    }
    let given = parts.count > 1 ? ByteString(parts[1]) : nil
    if option.value == nil, given != nil {
      throw Failure.usage("'--\(option.name)' takes no value", hint: help)
    }
    try set(option, spelled: "--\(option.name)", to: given)
  }

  private mutating func short(_ word: ByteString) throws {
    var letters = word.bytes.dropFirst()
    while let letter = letters.popFirst() {
      let name = Character(Unicode.Scalar(letter))
      guard let option = options.first(where: { $0.short == name }) else {
        throw unknown("-" + ByteString([letter]).printable, among: [])
      }
      if option.value != nil, !letters.isEmpty {
        return try set(option, spelled: "-\(name)", to: ByteString(letters))
      }
      try set(option, spelled: "-\(name)", to: nil)
    }
  }

  private mutating func set(_ option: Option, spelled: String, to given: ByteString?) throws {
    guard let placeholder = option.value, given != nil || !option.isValueOptional else {
      return arguments.add(option.name, "")
    }
    guard let value = given ?? rest.popFirst() else {
      throw Failure.usage("'\(spelled)' needs a value: \(spelled) \(placeholder)", hint: help)
    }
    if !option.choices.isEmpty, !option.choices.contains(where: { ByteString($0) == value }) {
      throw Failure.usage(
        "'\(spelled)' can't be '\(value.printable)'",
        hint: "it is one of \(option.choices.joined(separator: ", "))")
    }
    arguments.add(option.name, value)
  }

  private var help: String {
    owner == "cowbox"
      ? "'cowbox help' shows all commands"
      : "'cowbox help \(owner.filter { $0 != "'" })' shows its options"
  }

  private func unknown(_ spelled: String, among names: [String]) -> Failure {
    Failure.usage(
      "unknown option '\(spelled)' for \(owner)",
      hint: Nearest.hint(spelled, among: names) ?? help)
  }
}
