import Linux

extension FileChange {
  /// The name as git's --stat has it: "dir/{old => new}" for a rename.
  var statName: String {
    guard isRename, let old = oldPath, let new = newPath else { return path.gitQuoted }
    if old.gitQuoted.hasPrefix("\"") || new.gitQuoted.hasPrefix("\"") {
      return "\(old.gitQuoted) => \(new.gitQuoted)"
    }
    let slash = UInt8(ascii: "/")
    let (left, right) = (old.bytes, new.bytes)
    let same = zip(left, right).prefix { $0 == $1 }.count
    let front = left[..<same].lastIndex(of: slash).map { $0 + 1 } ?? 0
    // The common tail begins with a slash, which it may share with the common front.
    var back = 0
    var length = 0
    let most = min(left.count, right.count) - max(front - 1, 0)
    while length < most, left[left.count - 1 - length] == right[right.count - 1 - length] {
      length += 1
      if left[left.count - length] == slash { back = length }
    }
    if front == 0 && back == 0 { return "\(old.gitQuoted) => \(new.gitQuoted)" }
    func middle(_ bytes: [UInt8]) -> String {
      let end = max(front, bytes.count - back)
      return String(decoding: bytes[front..<end], as: UTF8.self)
    }
    let prefix = String(decoding: left[..<front], as: UTF8.self)
    let tail = String(decoding: left[(left.count - back)...], as: UTF8.self)
    return "\(prefix){\(middle(left)) => \(middle(right))}\(tail)"
  }
}
