import Changes
import Linux

// Cowbox's own state may lie in a root: below the home directory it usually does.
extension Application {
  /// Refuses a plan that would change the state directory, or take away a directory that holds it.
  ///
  /// The session never saw it: what it has there is of a cowbox inside, or was planted.
  func refuseState(_ plan: Plan) throws(ApplyError) {
    let state = session.realPath.parent.parent
    let top = elsewhere ?? root.path
    guard state.isWithin(top) else { return }
    let place = state.relative(to: top)
    for change in plan.changes where change.isIn(place) || change.takesAway(place) {
      throw .impossible(
        change.path,
        "'\(state.printable)' is where cowbox keeps its sessions; take the other paths only")
    }
  }
}

extension Change {
  fileprivate func isIn(_ place: ByteString) -> Bool {
    path.isWithin(place) || origin?.isWithin(place) ?? false
  }

  /// Whether a directory above a place goes, or goes elsewhere.
  fileprivate func takesAway(_ place: ByteString) -> Bool {
    let former = kind == .deleted ? path : origin ?? path
    return place.isWithin(former) && (kind != .modified && kind != .added || replacesDirectory)
  }

  private var replacesDirectory: Bool { old?.kind == .directory && new?.kind != .directory }
}
