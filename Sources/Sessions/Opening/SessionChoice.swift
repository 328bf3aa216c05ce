import Linux

/// Which session of a project is meant.
package enum SessionChoice: Sendable {
  /// The one used last, else a new one.
  case current
  /// Another one, whatever there is.
  case new
  /// The one with that name, or the beginning of one.
  case named(String)
  /// The one used last; an error where there is none.
  case existing
}

/// A session that stands: its keeper runs and listens.
package struct RunningSession {
  package let name: SessionName
  package let client: Client
  /// Its directory, where the front may read.
  package let path: ByteString
  /// Whether it was made just now.
  package let isNew: Bool
  /// Whether commands of others were running in it already.
  package let isJoined: Bool
}
