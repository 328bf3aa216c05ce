import Linux
import Sandbox

/// What the command line of the probe asks for.
struct ProbeOptions {
  var plan = LaunchPlan()
  var terminal = false
  var deviceCount = 0
  var directory = ByteString("/")
  var words: [ByteString] = []

  struct Unknown: Error { let word: String }

  var spawn: Spawn {
    Spawn(words: words, environment: Process.environment, directory: directory)
  }

  mutating func parse(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "--": words = rest.map { ByteString($0) }; return
      case "--terminal": terminal = true
      case "--fuse": deviceCount = 2
      case "--host-network": plan.network = .host
      case "--empty": plan.base = .empty
      case "--fake-root": plan.fakeRoot = true
      case "--mask": plan.masks.append(ByteString(rest.popFirst() ?? ""))
      case "--directory": directory = ByteString(rest.popFirst() ?? "")
      case "--ro", "--rw", "--scratch":
        let path = ByteString(rest.popFirst() ?? "")
        let mode: ExtraMount.Mode =
          word == "--ro" ? .readOnly : word == "--rw" ? .readWrite : .scratch
        plan.mounts.append(ExtraMount(source: path, target: path, mode: mode))
      default: throw Unknown(word: word)
      }
    }
  }
}
