import Linux

extension Profile {
  /// The profile as it is on this machine now: its paths filled in, those that are missing left out.
  package func effective(_ variables: PathVariables) -> Profile {
    var profile = self
    profile.mounts = mounts.compactMap { rule in
      guard let source = variables.expand(rule.source), let target = variables.expand(rule.target),
        rule.mode == .scratch || Self.exists(source)
      else { return nil }
      return MountRule(
        source.printable, target: target.printable, mode: rule.mode, optional: rule.optional)
    }
    return profile
  }

  private static func exists(_ path: ByteString) -> Bool {
    // Failure does not matter: what can't be opened is shown nowhere.
    (try? Descriptor.currentDirectory.open(path, .path)) != nil
  }
}
