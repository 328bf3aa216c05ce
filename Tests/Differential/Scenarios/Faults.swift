import CLinux
import Glibc
import Linux
import Overlay

// What must hold when something around the overlay fails.
extension Scenario {
  static let faults: [Scenario] = []
}
