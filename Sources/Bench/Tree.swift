import Glibc
import Linux

/// The tree that every side shows: text of some size in directories of a hundred files.
enum Tree {
  static let largeName = "large.bin"
  static let perDirectory = 100

  static func directory(_ number: Int) -> String { "d\(number / 10)/s\(number)" }

  static func file(_ number: Int) -> String {
    directory(number / perDirectory) + "/f\(number % perDirectory).txt"
  }

  static func make(at path: String, files: Int, largeBytes: Int64) throws {
    for number in 0...(max(files - 1, 0) / perDirectory) {
      try Command.require(["mkdir", "-p", path + "/" + directory(number)])
    }
    let line = Array("The quick brown fox jumps over the lazy dog, again and again.\n".utf8)
    for number in 0..<files {
      let content = (0...(number % 60)).flatMap { _ in line }
      try write(content, to: path + "/" + file(number))
    }
    let large = try Descriptor.currentDirectory.open(
      ByteString(path + "/" + largeName), [.writeOnly, .create], mode: 0o644)
    var generator = SystemRandomNumberGenerator()
    let block = (0..<(1 << 17)).map { _ in generator.next() as UInt64 }
    try block.withUnsafeBytes { block in
      for at in stride(from: 0, to: largeBytes, by: block.count) {
        try large.borrowed.write(block, at: at)
      }
    }
  }

  private static func write(_ content: [UInt8], to path: String) throws {
    let file = try Descriptor.currentDirectory.open(
      ByteString(path), [.writeOnly, .create], mode: 0o644)
    try file.borrowed.write(content)
  }
}
