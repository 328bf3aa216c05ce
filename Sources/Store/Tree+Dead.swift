extension Tree {
  /// Whether files were removed whose objects are still there, until the next batch is written.
  package var hasDeadObjects: Bool {
    !pending.deadObjects.isEmpty || sealed.contains { !$0.batch.deadObjects.isEmpty }
  }
}
