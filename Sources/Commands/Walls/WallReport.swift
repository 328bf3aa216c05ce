import Sessions

/// The walls as a person, or a program, reads them.
enum WallReport {
  /// The rows of a table, and below it what is not contained.
  static func lines(_ standing: StandingWalls, style: Style) -> [String] {
    var table = Table("WALL", "STATE", "KIND")
    for wall in standing.walls { table.add(wall.name, wall.isUp ? "up" : "down", wall.kind) }
    return table.lines(style: style)
      + standing.notContained.enumerated().map {
        ($0.offset == 0 ? "not contained: " : "               ") + $0.element
      }
  }

  /// Says each wall on standard error.
  static func tell(_ standing: StandingWalls, _ invocation: Invocation) {
    for line in lines(standing, style: invocation.messages) { invocation.tell("cowbox: \(line)\n") }
  }

  /// The members of a JSON object.
  static func json(_ standing: StandingWalls) -> [JSON.Member] {
    [
      JSON.Member("walls", .array(standing.walls.map(\.json))),
      JSON.Member("notContained", .array(standing.notContained.map { .string($0) })),
    ]
  }
}
