import Changes
import Linux
import Store

extension Settlement {
  init(_ plan: Plan, rest: Plan, tree: SavedTree) throws {}
}
