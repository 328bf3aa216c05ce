import CLinux
import Glibc
import Linux

/// The program from its first word to its exit status.
package enum Program {
  /// The version, as `cowbox version` says it.
  package static let version = "0.1.0"

  /// Does what the command line says and answers the exit status.
  package static func main() -> Int32 {
    // First of all: a file that is opened must not take the number of a stream that is closed.
    _ = Process.closedStreams
    do {
      return try run(Process.arguments.dropFirst())
    } catch {
      let failure = Failure(error)
      // Nobody is left to hear that standard error can't be written.
      try? Descriptor.standardError.write(Array(failure.text.utf8))
      return failure.code
    }
  }

  private static func run(_ words: ArraySlice<ByteString>) throws -> Int32 {
    let (global, rest) = try ArgumentParser.parseGlobal(words)
    if global.has("version") { return try act(Verbs.named("version"), global.merged(into: [])) }
    guard let name = rest.first else {
      let verb = try global.has("help") ? "help" : Verbs.whenAlone(global)
      return try act(Verbs.named(verb), global.merged(into: []))
    }
    let verb = try Verbs.named(name)
    if global.has("help") { return try act(Verbs.named("help"), [name]) }
    return try act(verb, global.merged(into: rest.dropFirst()))
  }

  private static func act(_ verb: Verb, _ words: ArraySlice<ByteString>) throws -> Int32 {
    let arguments = try ArgumentParser.parse(words, for: verb)
    if arguments.has("help") {
      let help = try Verbs.named("help")
      return try finish(help, ArgumentParser.parse([ByteString(verb.name)], for: help))
    }
    return try finish(verb, arguments)
  }

  private static func finish(_ verb: Verb, _ arguments: Arguments) throws -> Int32 {
    let invocation = try Invocation(verb: verb, arguments: arguments)
    do {
      let status = try verb.act(invocation)
      try invocation.output.finish()
      return status
    } catch {
      try invocation.output.finish()
      throw verb.takesCommand ? Failure(error).ofRun : Failure(error)
    }
  }
}

extension Arguments {
  /// The words that say again what stood before the command's name.
  fileprivate func merged(into words: ArraySlice<ByteString>) -> ArraySlice<ByteString> {
    var all: [ByteString] = []
    for option in GlobalOptions.all where has(option.name) && option.name != "help" {
      for value in self.all(option.name) {
        all.append(
          ByteString("--\(option.name)" + (option.value == nil ? "" : "=")).joined(with: value))
      }
    }
    return (all + words)[...]
  }
}

extension ByteString {
  fileprivate func joined(with other: ByteString) -> ByteString { ByteString(bytes + other.bytes) }
}
