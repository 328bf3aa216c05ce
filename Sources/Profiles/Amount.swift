/// Sizes and durations as people write them.
package enum Amount {
  /// "512M", "2G", "10 GiB" or plain bytes; nil where it is none of these.
  package static func bytes(_ text: String) -> UInt64? {
    read(text) { unit in
      switch unit.lowercased() {
      case "", "b": 1
      case "k", "kb", "kib": 1 << 10
      case "m", "mb", "mib": 1 << 20
      case "g", "gb", "gib": 1 << 30
      case "t", "tb", "tib": 1 << 40
      default: nil
      }
    }
  }

  /// "90s", "10m", "2h", "1d" or plain seconds; nil where it is none of these.
  package static func seconds(_ text: String) -> UInt64? {
    read(text) { unit in
      switch unit.lowercased() {
      case "", "s": 1
      case "m", "min": 60
      case "h": 3600
      case "d": 86400
      default: nil
      }
    }
  }

  /// "2" or "1.5" processors, in thousandths; nil where it is neither, or less than one of them.
  package static func processors(_ text: String) -> UInt64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = UInt64(parts[0]), whole < 1_000_000,
      parts.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } })
    else { return nil }
    let fraction = parts.count == 2 ? parts[1] : "0"
    guard (1...3).contains(fraction.count), let part = UInt64(fraction) else { return nil }
    let thousandths = [100, 10, 1][fraction.count - 1] * part + whole * 1000
    return thousandths > 0 ? thousandths : nil
  }

  /// Thousandths of a processor as `processors` reads them.
  package static func text(processors thousandths: UInt64) -> String {
    let (whole, rest) = thousandths.quotientAndRemainder(dividingBy: 1000)
    if rest == 0 { return String(whole) }
    var digits = String(rest + 1000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(whole).\(digits)"
  }

  /// Bytes as `bytes` reads them, in the largest unit that leaves none over.
  package static func text(bytes: UInt64) -> String {
    text(bytes, [(1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")])
  }

  /// Seconds as `seconds` reads them, in the largest unit that leaves none over.
  package static func text(seconds: UInt64) -> String {
    text(seconds, [(86400, "d"), (3600, "h"), (60, "m"), (1, "s")])
  }

  private static func text(_ amount: UInt64, _ units: [(UInt64, String)]) -> String {
    let unit = units.first { amount > 0 && amount.isMultiple(of: $0.0) }
    return unit.map { "\(amount / $0.0)\($0.1)" } ?? String(amount)
  }

  private static func read(_ text: String, _ factor: (String) -> UInt64?) -> UInt64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let count = UInt64(digits), let factor = factor(String(unit)) else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}
