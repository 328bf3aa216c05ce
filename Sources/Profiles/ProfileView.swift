import Linux

/// The files of a profile with its variables filled in, as they are on this machine now.
package struct ProfileView: Sendable {
  /// Directories to show copy-on-write besides the project, none inside another.
  package private(set) var copyOnWrite: [ByteString] = []
  package private(set) var mounts: [(source: ByteString, target: ByteString, rule: MountRule)] = []
  /// Paths that exist and are to look empty.
  package private(set) var masks: [ByteString] = []

  /// Reads the host once; a mount that is missing and not optional is an error.
  package init(_ profile: Profile, project: ByteString, variables: PathVariables)
    throws(ProfileError)
  {
    for rule in profile.mounts {
      guard let source = variables.expand(rule.source), let target = variables.expand(rule.target)
      else {
        if rule.optional || rule.mode == .copyOnWrite { continue }
        throw ProfileError(
          file: profile.name, "'\(rule.source)' names a variable that is not set")
      }
      try add(rule, source, target, profile.name, project)
    }
    let roots = copyOnWrite
    copyOnWrite = roots.filter { path in
      path != project && !roots.contains { $0 != path && path.isWithin($0) }
    }
    // Who works inside a masked directory has chosen to show it.
    masks.removeAll { project.isWithin($0) }
  }

  private mutating func add(
    _ rule: MountRule, _ source: ByteString, _ target: ByteString, _ name: String,
    _ project: ByteString
  ) throws(ProfileError) {
    let status = Self.status(source)
    switch rule.mode {
    case .mask:
      if status != nil { masks.append(source) }
    case .scratch: mounts.append((source, target, rule))
    case .copyOnWrite:
      // A directory that is missing holds nothing to copy; "/" itself is the host, not a root.
      guard status == .directory, source != "/" else { break }
      let real = Self.real(source)
      if !copyOnWrite.contains(real) { copyOnWrite.append(real) }
    case .readOnly, .readWrite:
      guard status != nil else {
        if rule.optional { break }
        throw ProfileError(file: name, "the mount '\(source.printable)' does not exist")
      }
      mounts.append((source, target, rule))
    }
  }

  /// The kind of what a path leads to, or nil where it leads nowhere.
  private static func status(_ path: ByteString) -> FileKind? {
    // Failure does not matter: what can't be opened can't be shown either.
    guard let opened = try? Descriptor.currentDirectory.open(path, .path) else { return nil }
    return try? opened.borrowed.status().kind
  }

  private static func real(_ path: ByteString) -> ByteString {
    // Failure does not matter: the path has just been opened.
    (try? Process.canonical(path)) ?? path
  }
}
