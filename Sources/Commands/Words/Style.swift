import Linux

/// Whether text is coloured, and how.
struct Style: Sendable {
  let isOn: Bool

  static let plain = Style(isOn: false)

  /// The style for a descriptor: colour on a terminal only, and not where NO_COLOR asks for none.
  static func forDescriptor(_ descriptor: Descriptor, choice: String?) -> Style {
    switch choice {
    case "always": return Style(isOn: true)
    case "never": return plain
    default:
      let isWanted =
        Process.variable("NO_COLOR") == nil && Process.variable("TERM") != ByteString("dumb")
      return Style(isOn: isWanted && descriptor.isTerminal)
    }
  }

  func bold(_ text: String) -> String { wrap(text, "1") }
  func faint(_ text: String) -> String { wrap(text, "2") }
  func red(_ text: String) -> String { wrap(text, "31") }
  func green(_ text: String) -> String { wrap(text, "32") }
  func yellow(_ text: String) -> String { wrap(text, "33") }
  func cyan(_ text: String) -> String { wrap(text, "36") }

  private func wrap(_ text: String, _ code: String) -> String {
    isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[m" : text
  }
}
