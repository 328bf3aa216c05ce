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

/// The nearest of several words, for mistakes of the fingers.
enum Nearest {
  /// The word with the fewest edits from `word`, if that is few for its length.
  static func to(_ word: String, among words: some Sequence<String>) -> String? {
    let best = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let (found, edits) = best, edits <= max(1, word.count / 2) else { return nil }
    return found
  }

  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...right.count)
    for (i, one) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (one == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}
