import Linux
import Sessions

/// One call of a tool, from its arguments to its answer; it is answered at most once.
final class ToolCall {
  let id: RequestID
  let tool: Tool
  let arguments: JSON
  let keeper: KeeperLink
  let pages: Pages
  /// Called with parts of what a command writes, while it runs; nil where nobody wants them.
  let progress: ((_ total: Int64, _ message: String) -> Void)?
  private let answer: (JSON?) -> Void
  private var isOver = false
  /// Gives up what is going on, once the client has taken the call back.
  var whenCancelled: (() -> Void)?

  init(
    id: RequestID, tool: Tool, arguments: JSON, keeper: KeeperLink, pages: Pages,
    progress: ((Int64, String) -> Void)?, answer: @escaping (JSON?) -> Void
  ) {
    self.id = id
    self.tool = tool
    self.arguments = arguments
    self.keeper = keeper
    self.pages = pages
    self.progress = progress
    self.answer = answer
  }

  /// What the log says about the step that the call makes.
  var tag: String {
    let name =
      switch id {
      case .number(let number): String(number)
      case .text(let text): String(text.prefix(100))
      }
    return "mcp \(tool.name) #\(name)"
  }

  /// Answers with text, and with values for programs.
  func finish(_ text: String, _ values: JSON? = nil, isError: Bool = false) {
    guard !isOver else { return }
    isOver = true
    var members = [
      JSON.Member("content", [["type": "text", "text": .string(text)]])
    ]
    if let values { members.append(JSON.Member("structuredContent", values)) }
    members.append(JSON.Member("isError", .bool(isError)))
    answer(.object(members))
  }

  /// Answers with text of which a page is shown, the rest on demand.
  func finishPaged(_ text: [UInt8], notes: String = "", _ values: JSON? = nil) {
    let (page, cursor) = pages.first(of: text)
    finish(page + notes, values.map { Self.adding(cursor, to: $0) })
  }

  private static func adding(_ cursor: String?, to values: JSON) -> JSON {
    guard case .object(let members) = values, let cursor else { return values }
    return .object(members + [JSON.Member("cursor", .string(cursor))])
  }

  /// Answers with what went wrong and what helps.
  func fail(_ error: ProtocolError) {
    var text = error.message
    if let hint = error.hint { text += "\n\(hint)" }
    finish(
      text, ["error": ["code": .int(error.code.rawValue), "message": .string(error.message)]],
      isError: true)
  }

  /// The client has taken the call back: it gets no answer.
  func cancel() {
    guard !isOver else { return }
    isOver = true
    whenCancelled?()
    answer(nil)
  }

  /// Asks the keeper, and goes on with its answer; a refusal is the call's.
  func ask(_ method: String, _ params: [JSON.Member], then: @escaping (JSON) -> Void) {
    let request = keeper.ask(method, .object(params)) { [self] outcome in
      switch outcome {
      case .success(let result): then(result)
      case .failure(let error): fail(error)
      }
    }
    whenCancelled = { [keeper] in keeper.cancel(request) }
  }
}

// Arguments, which the schema has checked.
extension ToolCall {
  func text(_ name: String) -> String? { arguments[name]?.string }
  func number(_ name: String) -> Int64? { arguments[name]?.int }
  func flag(_ name: String) -> Bool { arguments[name]?.bool ?? false }

  /// The arguments of those names, under the names that the keeper has for them.
  func members(_ names: String...) -> [JSON.Member] {
    names.compactMap { name in arguments[name].map { JSON.Member(Self.camel(name), $0) } }
  }

  /// "ignore_case" as "ignoreCase".
  private static func camel(_ name: String) -> String {
    let parts = name.split(separator: "_")
    return parts.dropFirst().reduce(String(parts.first ?? "")) {
      $0 + $1.prefix(1).uppercased() + $1.dropFirst()
    }
  }
}
