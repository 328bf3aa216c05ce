import Linux
import Sessions

/// The options that say what the box is made of.
enum WallOptions {
  static let all: [Option] = [
    Option(
      "net", value: "WHICH", choices: ["off", "host"], "the network: off (the default) or host"),
    Option("env", short: "e", value: "NAME[=VALUE]", repeats: true, "pass or set a variable"),
    Option("cow", value: "DIR", repeats: true, "show another directory copy-on-write"),
    Option("ro", value: "PATH", repeats: true, "show a path read-only"),
    Option("rw", value: "PATH", repeats: true, "let writes to a path through, without undo"),
    Option("mask", value: "PATH", repeats: true, "show a path empty"),
    Option("no-home", "leave the home directory read-only"),
    Option("fakeroot", "let the command see itself as root"),
    Option("max-size", value: "SIZE", "the most that the session may hold, as 500M or 2G"),
    Option("max-files", value: "N", "the most files that the session may hold"),
  ]

  /// The walls that the command line asks for.
  static func walls(for invocation: Invocation, project: Project) throws -> Walls {
    let arguments = invocation.arguments
    var walls = Walls()
    walls.plan.network = try arguments.text("net") == "host" ? .host : .off
    walls.plan.fakeRoot = arguments.has("fakeroot")
    walls.plan.masks = try arguments.all("mask").map(absolute)
    walls.showsHome = !arguments.has("no-home")
    walls.copyOnWrite = try arguments.all("cow").map(canonical)
    for path in try arguments.all("ro").map(canonical) {
      walls.plan.mounts.append(.init(source: path, target: path, mode: .readOnly))
    }
    for path in try arguments.all("rw").map(canonical) {
      walls.plan.mounts.append(.init(source: path, target: path, mode: .readWrite))
    }
    for variable in arguments.all("env") { add(variable, to: &walls) }
    walls.maximumSize = try arguments.text("max-size").map(size)
    walls.maximumFiles = try arguments.number("max-files", in: 1...Int(Int32.max))
    return walls
  }

  private static func add(_ variable: ByteString, to walls: inout Walls) {
    if variable.bytes.contains(UInt8(ascii: "=")) {
      walls.set.append(variable)
    } else {
      walls.passed.append(variable)
    }
  }

  private static func canonical(_ path: ByteString) throws -> ByteString {
    do throws(Errno) { return try Process.canonical(path) } catch {
      throw Failure.usage("cannot use '\(path.printable)': \(error)")
    }
  }

  /// A path that need not exist, made absolute.
  private static func absolute(_ path: ByteString) throws -> ByteString {
    if path.bytes.first == UInt8(ascii: "/") { return path }
    return try Process.currentDirectory().appending(path)
  }

  /// The bytes in "512", "4k", "1.5G".
  static func size(_ text: String) throws -> Int64 {
    let units: [Character: Double] = [
      "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776,
    ]
    var digits = Substring(text.lowercased())
    for ending in ["ib", "b"] where digits.hasSuffix(ending) {
      digits = digits.dropLast(ending.count)
    }
    var factor = 1.0
    if let last = digits.last, let unit = units[last] {
      factor = unit
      digits = digits.dropLast()
    }
    guard let number = Double(digits), number > 0, number * factor < 9e18 else {
      throw Failure.usage(
        "'\(ByteString(text).printable)' is no size", hint: "write 500M, 2G or a number of bytes")
    }
    return Int64(number * factor)
  }
}
