import Glibc
import Linux

/// The figures of a run, by phase and side.
struct Results {
  private let sides: [Side]
  private var phases: [String] = []
  private var figures: [String: [Side: [Double]]] = [:]

  init(sides: [Side]) { self.sides = sides }

  mutating func add(_ value: Double, _ phase: String, _ side: Side) {
    if figures[phase] == nil { phases.append(phase) }
    figures[phase, default: [:]][side, default: []].append(value)
  }

  private func median(_ phase: String, _ side: Side) -> Double? {
    guard let values = figures[phase]?[side]?.sorted(), !values.isEmpty else { return nil }
    return values[values.count / 2]
  }

  /// Medians in microseconds per operation, and cowbox's ratio to each other side.
  var table: String {
    let others = sides.filter { $0 != .cowbox }
    var lines = [
      row("phase (us per operation)", sides.map(\.name) + others.map { "x " + $0.name })
    ]
    for phase in phases {
      let own = median(phase, .cowbox)
      let ratios = others.map { side -> String in
        guard let own, let other = median(phase, side), other > 0 else { return "-" }
        return Self.fixed(own / other, 2)
      }
      lines.append(row(phase, sides.map { Self.figure(median(phase, $0)) } + ratios))
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ first: String, _ rest: [String]) -> String {
    var line = first + String(repeating: " ", count: max(1, 33 - first.count))
    for word in rest { line += String(repeating: " ", count: max(1, 17 - word.count)) + word }
    return line
  }

  private static func figure(_ value: Double?) -> String {
    guard let value else { return "-" }
    return fixed(value, value < 100 ? 1 : 0)
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let rounded = (value * factor).rounded() / factor
    return digits == 0 ? "\(Int(rounded))" : "\(rounded)"
  }

  func writeJSON(to path: ByteString) throws {
    let rows = phases.map { phase -> String in
      let values = sides.compactMap { side in
        median(phase, side).map { "\"\(side.name)\": \($0)" }
      }
      return "    \"\(phase)\": { \(values.joined(separator: ", ")) }"
    }
    let text =
      "{\n  \"unit\": \"us\",\n  \"medians\": {\n" + rows.joined(separator: ",\n") + "\n  }\n}\n"
    let file = try Descriptor.currentDirectory.open(
      path, [.writeOnly, .create, .truncate], mode: 0o644)
    try file.borrowed.write(Array(text.utf8))
  }
}
