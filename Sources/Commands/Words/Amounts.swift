import CLinux
import Glibc
import Linux

/// Numbers, sizes and times as people read them.
enum Amounts {
  /// "1 file", "2 files".
  static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
  }

  /// A size with at most one digit behind the point: "640 B", "1.2 MiB".
  static func size(_ bytes: Int64) -> String {
    var (value, unit) = (Double(bytes), 0)
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    if unit == 0 || value >= 100 { return "\(Int(value)) \(units[unit])" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// How long ago a time was: "3 min ago".
  static func ago(_ time: Timestamp, now: Timestamp = .now) -> String {
    let seconds = max(0, (now.nanoseconds - time.nanoseconds) / 1_000_000_000)
    switch seconds {
    case 0..<5: return "just now"
    case 5..<120: return "\(seconds) s ago"
    case 120..<7200: return "\(seconds / 60) min ago"
    case 7200..<172_800: return "\(seconds / 3600) h ago"
    default: return "\(seconds / 86400) days ago"
    }
  }

  /// How long something took: "0.21 s", "3 min 4 s".
  static func duration(nanoseconds: Int64) -> String {
    let hundredths = max(0, nanoseconds / 10_000_000)
    if hundredths < 1000 {
      let fraction = hundredths % 100
      return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    }
    let seconds = hundredths / 100
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3600) h \(seconds / 60 % 60) min"
  }

  /// A time in the user's own zone: "2026-11-21 13:42:27".
  static func time(_ time: Timestamp) -> String {
    formatted(time, "%Y-%m-%d %H:%M:%S", local: true)
  }

  /// A time for programs, as RFC 3339 has it in UTC.
  static func machineTime(_ time: Timestamp) -> String {
    formatted(time, "%Y-%m-%dT%H:%M:%SZ", local: false)
  }

  private static func formatted(_ time: Timestamp, _ format: String, local: Bool) -> String {
    var seconds = time_t(time.seconds)
    var parts = tm()
    if local { localtime_r(&seconds, &parts) } else { gmtime_r(&seconds, &parts) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { room in
      guard let start = room.baseAddress, strftime(start, room.count, format, &parts) > 0 else {
        return ""
      }
      return String(cString: start)
    }
  }
}
