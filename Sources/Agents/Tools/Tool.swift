import Sessions

/// One thing that an agent can ask for: how it is published, and what it does.
struct Tool: Sendable {
  /// What a tool does to the session or the project.
  enum Effect: Sendable {
    case reads
    case changesSession
    /// Changes the project or throws work away; only where the user's own settings allow it.
    case changesProject
  }

  let name: String
  let title: String
  let summary: String
  let effect: Effect
  let schema: JSON
  let act: @Sendable (ToolCall) -> Void

  init(
    _ name: String, _ title: String, _ effect: Effect, _ summary: String,
    _ properties: [Schema.Property], act: @escaping @Sendable (ToolCall) -> Void
  ) {
    self.name = name
    self.title = title
    self.effect = effect
    self.summary = summary
    schema = Schema.object(properties)
    self.act = act
  }

  /// The tool as `tools/list` shows it.
  var json: JSON {
    [
      "name": .string(name), "title": .string(title), "description": .string(summary),
      "inputSchema": schema,
      "annotations": [
        "title": .string(title), "readOnlyHint": .bool(effect == .reads),
        "destructiveHint": .bool(effect == .changesProject), "openWorldHint": false,
      ],
    ]
  }

  /// All there are; those that change the project only where they are allowed.
  static func all(mayApply: Bool) -> [Tool] {
    let tools = CommandTools.all + FileTools.all + SearchTools.all + TimeTools.all + ReviewTools.all
    return tools.filter { mayApply || $0.effect != .changesProject }
  }
}
