extension SessionStore {
  /// How many times changes were gathered to be written; it stands still while nobody writes.
  package var changeCount: Int { tree.lock.with { tree.changeCount } }

  /// Whether anything was changed in a step or after it.
  package func hasChanged(since step: StepID) -> Bool {
    tree.lock.with {
      tree.nodes.values.contains { $0.isDirty || $0.savedStep >= step.rawValue }
    }
  }
}
