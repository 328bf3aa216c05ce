import Linux

/// Where cowbox keeps what it knows: the directory above all sessions.
package struct StateDirectory: ~Copyable {
  package let path: ByteString
  package let descriptor: OwnedDescriptor

  /// The place that the environment says: COWBOX_STATE, XDG_STATE_HOME, or below the home.
  package static func location(home: ByteString?) throws(SessionError) -> ByteString {
    if let own = Process.variable("COWBOX_STATE") {
      return try absolute(own, named: "COWBOX_STATE")
    }
    if let base = Process.variable("XDG_STATE_HOME"), base.bytes.first == UInt8(ascii: "/") {
      // The specification of base directories says that a relative one is to be ignored.
      return base.appending("cowbox")
    }
    guard let home else {
      throw SessionError(
        "cannot find a place for sessions: there is no home directory",
        hint: "set COWBOX_STATE to a directory of your own", kind: .usage)
    }
    return home.appending(".local/state/cowbox")
  }

  private static func absolute(_ path: ByteString, named name: String) throws(SessionError)
    -> ByteString
  {
    if path.bytes.first == UInt8(ascii: "/") { return path }
    throw SessionError(
      "\(name) is '\(path.printable)', which is no absolute path",
      hint: "give it a path that begins with '/'", kind: .usage)
  }

  /// Opens the directory, making it where it is missing and `create` is on; nil: there is none.
  package static func open(home: ByteString?, create: Bool) throws -> StateDirectory? {
    let path = try location(home: home)
    if create { try make(path) }
    do throws(Errno) {
      let opened = try Descriptor.currentDirectory.open(path, [.directory])
      try check(opened.borrowed, path)
      return StateDirectory(path: try Process.canonical(path), descriptor: opened)
    } catch .noEntry where !create {
      return nil
    } catch {
      throw SessionError(
        "cannot open the state directory '\(path.printable)': \(error)",
        hint: "make it a directory of your own, or set COWBOX_STATE")
    }
  }

  /// Refuses a directory that others may write: they could plant sessions in it.
  private static func check(_ directory: Descriptor, _ path: ByteString) throws(Errno) {
    let status = try directory.status()
    guard status.owner == Process.user else { throw .notPermitted }
    if status.permissions & 0o022 != 0 { try directory.setPermissions(0o700) }
  }

  private static func make(_ path: ByteString) throws {
    var made = ByteString("/")
    for part in path.components {
      made = made.appending(part)
      do throws(Errno) {
        try Descriptor.currentDirectory.makeDirectory(made, mode: 0o700)
      } catch .exists {
        continue
      } catch {
        // A directory above that can't be written may still hold the next one.
        if (try? Descriptor.currentDirectory.status(of: made)) != nil { continue }
        throw SessionError(
          "cannot create the state directory '\(path.printable)': \(error)",
          hint: "make '\(made.parent.printable)' writable, or set COWBOX_STATE")
      }
    }
  }
}
