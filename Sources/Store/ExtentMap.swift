/// Byte ranges, sorted, apart from each other.
package struct ExtentMap: Equatable, Sendable {
  package private(set) var ranges: [Range<Int64>] = []

  /// No range.
  package init() {}

  /// The given ranges, in any order.
  package init(_ ranges: [Range<Int64>]) { for range in ranges { insert(range) } }

  /// How many bytes the ranges have together.
  package var byteCount: Int64 { ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

  /// Adds a range and joins what it touches.
  package mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    let first = index { $0.upperBound >= range.lowerBound }
    var (last, joined) = (first, range)
    while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
      joined =
        min(
          joined.lowerBound, ranges[last].lowerBound)..<max(
          joined.upperBound, ranges[last].upperBound)
      last += 1
    }
    ranges.replaceSubrange(first..<last, with: CollectionOfOne(joined))
  }

  /// Forgets everything from an offset on.
  package mutating func truncate(to size: Int64) {
    let first = index { $0.upperBound > size }
    guard first < ranges.count else { return }
    let kept = ranges[first].lowerBound..<max(size, ranges[first].lowerBound)
    ranges.removeSubrange(first...)
    if !kept.isEmpty { ranges.append(kept) }
  }

  /// The range that holds an offset, or the next one behind it.
  package func next(from offset: Int64) -> Range<Int64>? {
    let first = index { $0.upperBound > offset }
    return first < ranges.count ? ranges[first] : nil
  }

  /// How far what is at an offset goes on before `end`, and whether it lies in a range.
  package func part(from offset: Int64, to end: Int64) -> (end: Int64, isOwn: Bool) {
    guard let range = next(from: offset) else { return (end, false) }
    let isOwn = range.contains(offset)
    return (min(end, isOwn ? range.upperBound : range.lowerBound), isOwn)
  }

  /// The position of the first range for which a condition holds that holds for all behind it.
  private func index(where holds: (Range<Int64>) -> Bool) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(ranges[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
