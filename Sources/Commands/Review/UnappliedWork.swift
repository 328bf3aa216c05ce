import Linux
import Sessions
import Store

/// Whether a session holds what no apply has made real.
enum UnappliedWork: Equatable {
  case none
  case some
  /// It can't be told, for a reason; then it counts as some.
  case unknown(String)

  init(in session: borrowing StoredSession) {
    do {
      let reader = try session.read()
      for root in reader.roots
      where try !Review(reader: reader, root: root.path.string).plan.isEmpty {
        self = .some
        return
      }
      self = .none
    } catch { self = .unknown(Failure(error).sentence) }
  }
}
