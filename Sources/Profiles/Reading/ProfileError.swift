/// A mistake in a profile: which file, where, what, and what may have been meant.
package struct ProfileError: Error, Equatable, Sendable {
  package let file: String
  package let line: Int
  package let column: Int
  package let sentence: String
  package let suggestion: String?

  /// A mistake at a place, counted from 1; line 0 is the file as a whole.
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

extension ProfileError: CustomStringConvertible {
  package var description: String {
    let place = line == 0 ? file : "\(file):\(line):\(column)"
    return "\(place): \(sentence)" + (suggestion.map { "; did you mean '\($0)'?" } ?? "")
  }
}
