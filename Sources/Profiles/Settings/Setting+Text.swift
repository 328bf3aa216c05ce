extension Setting {
  /// The words of a command line as the value that a file would hold.
  package func text(of words: [String]) throws(SettingError) -> String {
    switch kind {
    case .words: return TomlText.list(words)
    case .ports:
      guard words.allSatisfy({ UInt16($0) != nil }) else {
        throw SettingError("'\(name)' takes ports: numbers from 1 to 65535")
      }
      return "[" + words.joined(separator: ", ") + "]"
    case .pairs: return TomlText.pairs(try Self.pairs(words, name))
    default:
      guard let word = words.first, words.count == 1 else {
        throw SettingError("'\(name)' takes one value")
      }
      return try text(of: word)
    }
  }

  private func text(of word: String) throws(SettingError) -> String {
    switch kind {
    case .flag:
      guard word == "true" || word == "false" else {
        throw SettingError("'\(name)' is true or false, not '\(word)'")
      }
      return word
    case .choice(let words):
      guard words.contains(word) else {
        throw SettingError(
          "'\(word)' is no '\(name)'; it is one of \(words.joined(separator: ", "))",
          suggestion: Nearest.to(word, among: words))
      }
      return TomlText.quoted(word)
    case .number:
      guard UInt64(word) != nil else { throw SettingError("'\(name)' is a number") }
      return word
    case .size where Amount.bytes(word) == nil:
      throw SettingError("'\(name)' is a size like 512M, not '\(word)'")
    case .processors where Amount.processors(word) == nil:
      throw SettingError("'\(name)' is a number of processors like 1.5, not '\(word)'")
    case .duration where Amount.seconds(word) == nil:
      throw SettingError("'\(name)' is a duration like 10m, not '\(word)'")
    default: return UInt64(word) == nil ? TomlText.quoted(word) : numeral(word)
    }
  }

  /// A number stands as it is, but where a string is wanted.
  private func numeral(_ word: String) -> String { kind == .text ? TomlText.quoted(word) : word }

  private static func pairs(_ words: [String], _ name: String) throws(SettingError) -> [String:
    String]
  {
    var values: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw SettingError("'\(name)' takes NAME=VALUE, not '\(word)'")
      }
      values[String(parts[0])] = String(parts[1])
    }
    return values
  }
}
