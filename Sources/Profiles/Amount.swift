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

  private static func read(_ text: String, _ factor: (String) -> UInt64?) -> UInt64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let count = UInt64(digits), let factor = factor(String(unit)) else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}
