import Linux
import Profiles

/// Something that a command wanted and a wall kept from it, with what would allow it.
package struct Refusal: Equatable, Sendable {
  /// Which wall it was.
  package enum Kind: String, Sendable {
    case file, network, limit
    case call = "system-call"
  }

  package let kind: Kind
  /// The path, call, name or limit.
  package let what: String
  /// Which rule it was, as a profile has it.
  package let rule: String
  package let count: Int
  /// What allows it, as it is typed or written; nil where nothing does.
  package let remedy: String?
  /// Whether it was only noted, because the rule is to be tried out.
  package let isOnlyNoted: Bool

  /// A refusal by all that is told of it.
  package init(
    _ kind: Kind, _ what: String, rule: String, count: Int, remedy: String?,
    isOnlyNoted: Bool = false
  ) {
    self.kind = kind
    self.what = what
    self.rule = rule
    self.count = count
    self.remedy = remedy
    self.isOnlyNoted = isOnlyNoted
  }

  /// What is left of these refusals when those that were known before are taken away.
  package static func added(_ now: [Refusal], since before: [Refusal]) -> [Refusal] {
    now.compactMap { refusal in
      let known = before.first {
        $0.kind == refusal.kind && $0.what == refusal.what && $0.rule == refusal.rule
      }
      let count = refusal.count - (known?.count ?? 0)
      return count > 0 ? refusal.counted(count) : nil
    }
  }

  private func counted(_ count: Int) -> Refusal {
    Refusal(kind, what, rule: rule, count: count, remedy: remedy, isOnlyNoted: isOnlyNoted)
  }
}

extension Refusal {
  /// Asking for a file that looks empty.
  package static func masked(_ path: String, _ count: Int) -> Refusal {
    Refusal(
      .file, path, rule: "mask", count: count, remedy: "--ro \(path)")
  }

  /// Asking for a name while there is no network, or past the proxy.
  ///
  /// The command has chosen the name: only what is one is handed back to be typed.
  static func name(_ name: String, _ count: Int, _ rule: String) -> Refusal {
    Refusal(
      .network, ByteString(name).printable, rule: rule, count: count,
      remedy: NetworkName(name) == nil ? nil : "--allow-net \(name)")
  }
}
