extension SavedTree {
  /// Whether another tree shows the same; when a file was read last does not count.
  package func isSame(as other: SavedTree) -> Bool {
    guard nodes.count == other.nodes.count, children == other.children else { return false }
    return nodes.allSatisfy { id, node in
      guard var twin = other.nodes[id] else { return false }
      twin.accessed = node.accessed
      return twin == node
    }
  }
}
