import CSeccomp
import Linux
import Profiles

/// Compiled filters kept between runs: compiling one takes longer than all else before a command.
///
/// The directory is the user's own and never visible inside a box. A file that is not exactly what
/// was kept is compiled anew.
package struct FilterCache: Sendable {
  private let directory: ByteString

  /// A cache in a directory, which is made when something is kept.
  package init(directory: ByteString) { self.directory = directory }

  /// The filter of a decision: the one that was kept, else a new one.
  func program(
    for decision: CallDecision, compile: () throws(Errno) -> FilterProgram
  ) throws(Errno) -> FilterProgram {
    let key = Self.key(of: decision)
    let name = ByteString(
      key.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
        .joined())
    if let kept = read(name, key) { return kept }
    let made = try compile()
    // A filter that can't be kept is compiled again by the next run.
    try? write(made, name, key)
    return made
  }

  /// What a filter depends on: the rules, the library that compiles them, and the machine.
  private static func key(of decision: CallDecision) -> [UInt8] {
    var hash = SHA256()
    hash.update(Array("cowbox filter 1\0".utf8))
    if let version = seccomp_version()?.pointee {
      hash.update(Array("\(version.major).\(version.minor).\(version.micro)\0".utf8))
    }
    hash.update(Array("\(seccomp_arch_native())\0\(decision.words)".utf8))
    return hash.finish()
  }

  private func read(_ name: ByteString, _ key: [UInt8]) -> FilterProgram? {
    guard
      let file = try? Descriptor.currentDirectory.open(
        directory.appending(name), [.readOnly, .noFollow]),
      let status = try? file.borrowed.status(), status.owner == Process.user,
      status.permissions & 0o022 == 0,
      let bytes = try? file.borrowed.readAll(limit: 1 << 20), bytes.count > 32
    else { return nil }
    let program = Array(bytes.dropLast(32))
    guard SHA256.digest(key + program) == Array(bytes.suffix(32)) else { return nil }
    return FilterProgram(instructions: program)
  }

  private func write(_ program: FilterProgram, _ name: ByteString, _ key: [UInt8]) throws(Errno) {
    do throws(Errno) { try Descriptor.currentDirectory.makeDirectory(directory) } catch .exists {
      // Made by an earlier run.
    }
    let place = try Descriptor.currentDirectory.open(directory, [.directory, .noFollow])
    let temporary = ByteString("\(Process.id).new")
    let file = try place.borrowed.open(
      temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
    let bytes = program.instructions
    try file.borrowed.write(bytes + SHA256.digest(key + bytes))
    try place.borrowed.rename(temporary, to: place.borrowed, name)
  }
}

extension CallDecision {
  /// All that the decision says, in words.
  fileprivate var words: String {
    allowed.joined(separator: " ") + "\0" + forbidden.joined(separator: " ") + "\0"
      + families.sorted().map { String($0) }.joined(separator: " ")
      + "\0\(allowsNamespaces)\0\(refusal(1))"
  }
}
