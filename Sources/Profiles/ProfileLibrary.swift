import Linux

/// Where profiles come from: files, the user's directory, and those that are shipped.
package struct ProfileLibrary: Sendable {
  /// `~/.config/cowbox`, or where XDG_CONFIG_HOME says; nil without a home.
  package let userDirectory: ByteString?

  /// A library with the user's directory of profiles.
  package init(userDirectory: ByteString?) { self.userDirectory = userDirectory }

  /// The user's own settings, in force where no profile is named; its base is `default`.
  package static let settingsName: ByteString = "config.toml"
  /// A project's own wishes, at its top.
  package static let projectName: ByteString = ".cowbox.toml"

  /// The user's directory as the environment says.
  package static func userDirectory(home: ByteString?) -> ByteString? {
    if let base = Process.variable("XDG_CONFIG_HOME"), base.bytes.first == UInt8(ascii: "/") {
      return base.appending("cowbox")
    }
    return home?.appending(".config/cowbox")
  }

  /// The names that `--profile` takes, those of the user first.
  package func names() -> [(name: String, file: String)] {
    var found: [(String, String)] = []
    // Failure does not matter: a user without a directory has no profiles in it.
    if let userDirectory,
      let opened = try? Descriptor.currentDirectory.open(userDirectory, [.directory]),
      let names = try? opened.borrowed.entryNames()
    {
      for name in names where name != Self.settingsName {
        guard let text = name.string, text.hasSuffix(".toml") else { continue }
        found.append((String(text.dropLast(5)), userDirectory.appending(name).printable))
      }
    }
    for (name, _) in Shipped.texts where !found.contains(where: { $0.0 == name }) {
      found.append((name, "built in"))
    }
    return found
  }

  /// A profile by its name or the path of its file, with everything that it extends.
  package func profile(named name: String) throws(ProfileError) -> LoadedProfile {
    var loaded = LoadedProfile(profile: Profile(name: name))
    try add(try layer(named: name), to: &loaded, depth: 0)
    return loaded
  }

  /// The profile in force where none is named: the user's settings, else `default`.
  package func usual() throws(ProfileError) -> LoadedProfile {
    guard let path = userDirectory?.appending(Self.settingsName),
      let text = try read(path, optional: true)
    else { return try profile(named: "default") }
    var loaded = LoadedProfile(profile: Profile(name: "config"))
    try add(try ProfileLayer(text, file: path.printable), to: &loaded, depth: 0, base: "default")
    return loaded
  }

  /// Whether the user's own settings let agents apply and discard; no other file is asked.
  package func agentsMayApply() throws(ProfileError) -> Bool {
    guard let path = userDirectory?.appending(Self.settingsName), let own = try layer(at: path)
    else { return false }
    for case (.agentsMayApply(let flag), _, _) in own.changes { return flag }
    return false
  }

  /// Puts a project's own file on top; unless it is trusted it may only tighten.
  package func adding(
    _ project: ProfileLayer, to loaded: LoadedProfile, isTrusted: Bool
  ) throws(ProfileError) -> LoadedProfile {
    var result = loaded
    if isTrusted {
      try add(project, to: &result, depth: 0, base: nil)
      return result
    }
    if let base = project.base {
      throw Self.untrusted(project, base.line, base.column, "to extend '\(base.value)'")
    }
    for (change, line, column) in project.changes {
      if let what = change.loosening(of: result.profile) {
        throw Self.untrusted(project, line, column, what)
      }
      change.apply(to: &result.profile)
    }
    result.layers.append(project)
    return result
  }

  /// Looks for mistakes in what a file extends.
  package func check(_ layer: ProfileLayer) throws(ProfileError) {
    var loaded = LoadedProfile(profile: Profile(name: layer.file))
    try add(layer, to: &loaded, depth: 0)
  }

  private static func untrusted(
    _ layer: ProfileLayer, _ line: Int, _ column: Int, _ what: String
  ) -> ProfileError {
    ProfileError(
      file: layer.file, line: line, column: column,
      "the project asks for \(what), which only a file that you trust may;"
        + " read it, then say 'cowbox trust'")
  }

  private func add(
    _ layer: ProfileLayer, to loaded: inout LoadedProfile, depth: Int, base: String? = nil
  ) throws(ProfileError) {
    if depth > 8 { throw ProfileError(file: layer.file, "profiles extend each other in a circle") }
    if let below = layer.base?.value ?? base {
      try add(try self.layer(named: below, for: layer), to: &loaded, depth: depth + 1)
    }
    for (change, _, _) in layer.changes { change.apply(to: &loaded.profile) }
    loaded.layers.append(layer)
  }

  private func layer(named name: String, for asker: ProfileLayer? = nil) throws(ProfileError)
    -> ProfileLayer
  {
    if name.contains("/") || name.hasSuffix(".toml") {
      guard let text = try read(ByteString(name), optional: false) else {
        throw ProfileError(file: name, "there is no such file")
      }
      return try ProfileLayer(text, file: name)
    }
    // A user's 'default' may extend the shipped one of the same name.
    let isOwn = asker.map { $0.file.hasSuffix("/\(name).toml") } ?? false
    if !isOwn, let path = userDirectory?.appending(ByteString("\(name).toml")),
      let text = try read(path, optional: true)
    {
      return try ProfileLayer(text, file: path.printable)
    }
    if let text = Shipped.texts.first(where: { $0.name == name })?.text {
      return try ProfileLayer(text, file: "\(name).toml", isBuiltIn: true)
    }
    throw ProfileError(
      file: asker?.file ?? "", line: asker?.base?.line ?? 0, column: asker?.base?.column ?? 0,
      "there is no profile '\(name)'", suggestion: Nearest.to(name, among: names().map(\.name)))
  }

  /// The file at a path as a layer, or nil where there is none.
  package func layer(at path: ByteString) throws(ProfileError) -> ProfileLayer? {
    guard let text = try read(path, optional: true) else { return nil }
    return try ProfileLayer(text, file: path.printable)
  }

  private func read(_ path: ByteString, optional: Bool) throws(ProfileError) -> [UInt8]? {
    do throws(Errno) {
      let file = try Descriptor.currentDirectory.open(path, [.nonBlocking])
      return try file.borrowed.readAll(limit: 1 << 20)
    } catch {
      if optional && (error == .noEntry || error == .notDirectory) { return nil }
      throw ProfileError(file: path.printable, "cannot read it: \(error)")
    }
  }
}

/// A profile and the files that it was made of, the lowest first.
package struct LoadedProfile: Sendable {
  package var profile: Profile
  package var layers: [ProfileLayer] = []
}
