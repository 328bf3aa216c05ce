/// The mistakes that were found in one file so far.
final class Mistakes {
  private let file: String
  private(set) var all: [ProfileError] = []

  init(in file: String) { self.file = file }

  /// Keeps a mistake, and answers that there is no value.
  func reject<Value>(_ at: TomlValue, _ sentence: String, suggestion: String? = nil) -> Value? {
    add(at, sentence, suggestion: suggestion)
    return nil
  }

  /// Keeps a mistake.
  func add(_ at: TomlValue, _ sentence: String, suggestion: String? = nil) {
    add(line: at.line, column: at.column, sentence, suggestion: suggestion)
  }

  /// Keeps a mistake at a place; line 0 is the file as a whole.
  func add(line: Int = 0, column: Int = 0, _ sentence: String, suggestion: String? = nil) {
    all.append(
      ProfileError(file: file, line: line, column: column, sentence, suggestion: suggestion))
  }

  /// Throws if there is any.
  func end() throws(ProfileError) {
    if let error = ProfileError(all) { throw error }
  }
}
