/// A question to a name server, RFC 1035, as far as it must be understood to be refused.
enum NameQuestion {
  /// The name that is asked for, in small letters; nil where the message is no question.
  static func name(in message: [UInt8]) -> String? {
    guard isQuestion(message) else { return nil }
    var labels: [String] = []
    var at = 12
    while at < message.count, message[at] != 0 {
      let length = Int(message[at])
      // No question is compressed; a label has 63 bytes at most, a name 255.
      guard length < 64, at + 1 + length <= message.count, labels.count < 128 else { return nil }
      let label = message[at + 1..<at + 1 + length]
      guard label.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
      labels.append(String(decoding: label, as: UTF8.self).lowercased())
      at += 1 + length
    }
    return labels.isEmpty ? nil : labels.joined(separator: ".")
  }

  /// The same message as the answer that says no: REFUSED, which programs don't wait after.
  static func refusal(of message: [UInt8]) -> [UInt8]? {
    guard isQuestion(message) else { return nil }
    var answer = message
    answer[2] = message[2] | 0x80  // It is an answer.
    answer[3] = 0x80 | 5  // Recursion was available; REFUSED.
    return answer
  }

  /// One question, no answer yet, and not an answer to somebody else.
  private static func isQuestion(_ message: [UInt8]) -> Bool {
    message.count > 16 && message[2] & 0xF8 == 0 && message[4] == 0 && message[5] == 1
  }
}
