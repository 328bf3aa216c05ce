/// Finds what somebody may have meant by a word that is none: mistakes of the fingers.
package enum Nearest {
  /// The nearest of several words, or the only one that the word begins; nil when none is near.
  package static func to(_ word: String, among words: some Sequence<String>) -> String? {
    let farthest = max(1, min(3, word.utf8.count / 2))
    let ranked = words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
    if let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= farthest { return best.0 }
    let longer = ranked.map(\.0).filter { word.utf8.count >= 2 && $0.hasPrefix(word) }
    return longer.count == 1 ? longer[0] : nil
  }

  /// How many insertions, deletions, replacements and swaps of neighbours lie between two words.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in left.indices {
      var now = [row + 1]
      for column in right.indices {
        let same = left[row] == right[column]
        var best = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, now[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        now.append(best)
      }
      (beforeLast, last) = (last, now)
    }
    return last[right.count]
  }

  /// The hint for a word that is none, or nil.
  package static func hint(_ word: String, among words: some Sequence<String>) -> String? {
    to(word, among: words).map { "did you mean '\($0)'?" }
  }
}
