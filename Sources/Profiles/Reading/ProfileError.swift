/// A mistake in a profile: which file, where, what, and what may have been meant.
package struct ProfileError: Error, Equatable, Sendable {
  package let file: String
  package let line: Int
  package let column: Int
  package let sentence: String
  package let suggestion: String?
  /// What else is wrong in the same file, in its order.
  package private(set) var others: [ProfileError] = []

  /// A mistake at a place, counted from 1; line 0 is the file as a whole, and "" is no file.
  package init(
    file: String, line: Int = 0, column: Int = 0, _ sentence: String, suggestion: String? = nil
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.sentence = sentence
    self.suggestion = suggestion
  }
}

extension ProfileError {
  /// All mistakes of a file as one error, which is the first of them; nil: there is none.
  init?(_ mistakes: [ProfileError]) {
    let sorted = mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    guard let first = sorted.first else { return nil }
    self = first
    others = Array(sorted.dropFirst())
  }
}

extension ProfileError: CustomStringConvertible {
  package var description: String {
    let place = line == 0 ? file : "\(file):\(line):\(column)"
    return (place.isEmpty ? "" : place + ": ") + sentence
      + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
  }
}
