import Changes
import Linux
import Store

/// Where the project is no longer what a session saw, asked without changing or locking anything.
package enum Drift {
  /// What an apply of the plan would run into now.
  package static func conflicts(of plan: Plan, reader: SessionReader, lower: LowerTree) throws
    -> [Conflict]
  {
    var checker = try ConflictChecker(root: plan.root, reader: reader, lower: lower)
    return try checker.check(plan)
  }
}
