/// One option of a command, as usage, help, manual and completions show it.
struct Option: Sendable {
  /// The long name without its dashes.
  let name: String
  let short: Character?
  /// What stands for the value, "DIR"; nil is an option without one.
  let value: String?
  let summary: String
  /// Whether giving it twice means both, not the last.
  var repeats = false
  /// The only values there are, if they are few.
  var choices: [String] = []
  /// Whether the value may be left out; then it stands behind a "=", or at once behind the letter.
  var isValueOptional = false

  init(
    _ name: String, short: Character? = nil, value: String? = nil, repeats: Bool = false,
    choices: [String] = [], isValueOptional: Bool = false, _ summary: String
  ) {
    self.name = name
    self.short = short
    self.value = value
    self.repeats = repeats
    self.choices = choices
    self.isValueOptional = isValueOptional
    self.summary = summary
  }

  /// "-s, --stat", "--depth N".
  var spelling: String {
    let shown = value.map { isValueOptional ? "[=\($0)]" : " \($0)" } ?? ""
    let dashed = "--\(name)" + shown
    return short.map { "-\($0), \(dashed)" } ?? "    \(dashed)"
  }
}
