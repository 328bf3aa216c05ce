import Changes
import Linux
import Store

/// What has to be made in the stages, and the operations that bring it into place.
struct Schedule {
  /// Something to be made in a slot, or below a directory that is made there.
  struct Item {
    enum Source {
      case new(Change)
      /// A further name of something that is made in the stages.
      case linkToItem(Location)
      /// A further name of a file of the project.
      case linkToProject(ByteString)
      /// What a file of the project holds now, to be kept.
      case oldContent(ByteString)
    }

    let location: Location
    let source: Source
  }

  struct Location: Equatable {
    let slot: Slot
    /// The path below the slot; empty: the slot itself.
    let inner: ByteString
  }

  var stages: [ByteString] = []
  var items: [Item] = []
  var takes: [Operation] = []
  var puts: [Operation] = []
  var overwrites: [Operation] = []
  var attributes: [Operation] = []
  var oldTimes: [ByteString: Timestamp] = [:]
  var newTimes: [ByteString: Timestamp] = [:]
  /// What must be below a directory that is taken away, and nothing else.
  var below: [Slot: [TreeItem]] = [:]
  /// How many bytes are written into each stage.
  var byteCounts: [Int: Int64] = [:]

  /// Deeper things leave first, so that paths stay those of the project; then parents come before
  /// what they hold, so that paths are already those of the session.
  var operations: [Operation] {
    let depth = { (operation: Operation) in operation.path.components.count }
    return takes.sorted { depth($0) > depth($1) }
      + puts.enumerated().sorted { (depth($0.element), $0.offset) < (depth($1.element), $1.offset) }
      .map(\.element) + overwrites + attributes.sorted { depth($0) > depth($1) }
  }
}
