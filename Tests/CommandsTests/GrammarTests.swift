import Linux
import Testing

@testable import Commands

@Suite struct GrammarTests {
  static let verb = Verb(
    "try", .about, "try things", operands: .any("[PATH...]"),
    options: [
      Option("stat", "show bars"), Option("number", short: "n", value: "N", "how many"),
      Option("kind", value: "KIND", choices: ["one", "two"], "which"),
      Option("path", short: "p", value: "PATH", repeats: true, "where"),
    ]
  ) { _ in 0 }
  static let runner = Verb("go", .work, "run", operands: .command("COMMAND")) { _ in 0 }

  private func parse(_ words: String..., verb: Verb = verb) throws -> Arguments {
    try ArgumentParser.parse(words.map { ByteString($0) }[...], for: verb)
  }

  private func complaint(_ words: String..., verb: Verb = verb) -> String {
    do {
      _ = try ArgumentParser.parse(words.map { ByteString($0) }[...], for: verb)
      return "no complaint"
    } catch {
      let failure = Failure(error)
      #expect(failure.code == ExitCode.usage)
      return failure.text
    }
  }

  @Test func `values come attached, behind an equals sign or as the next word`() throws {
    #expect(try parse("-n3").number("number", in: 0...9) == 3)
    #expect(try parse("-n", "3").number("number", in: 0...9) == 3)
    #expect(try parse("--number=3").number("number", in: 0...9) == 3)
    #expect(try parse("--number", "3").number("number", in: 0...9) == 3)
  }

  @Test func `an option that repeats keeps all its values, another one the last`() throws {
    let arguments = try parse("-pa", "-p", "b", "-n1", "-n2")
    #expect(arguments.all("path") == ["a", "b"])
    #expect(try arguments.number("number", in: 0...9) == 2)
  }

  @Test func `operands and options mix until two dashes`() throws {
    let arguments = try parse("a", "--stat", "b", "--", "--stat", "-x")
    #expect(arguments.has("stat"))
    #expect(arguments.operands == ["a", "b", "--stat", "-x"])
  }

  @Test func `a command's own options are its own`() throws {
    let arguments = try parse("-q", "ls", "--color", "-q", verb: Self.runner)
    #expect(arguments.operands == ["ls", "--color", "-q"])
    #expect(try parse("--", "-x", verb: Self.runner).operands == ["-x"])
  }

  @Test func `a word that is no UTF-8 arrives byte for byte`() throws {
    let word = ByteString([0x2D, 0x2D, 0x70, 0x61, 0x74, 0x68, 0x3D, 0xFF, 0xFE])
    let arguments = try ArgumentParser.parse([word][...], for: Self.verb)
    #expect(arguments.all("path") == [ByteString([0xFF, 0xFE])])
  }

  @Test func `wrong words are named, with the right ones`() {
    #expect(
      complaint("--stta")
        == "cowbox: unknown option '--stta' for 'try'\n        did you mean '--stat'?\n")
    #expect(complaint("-x").contains("unknown option '-x' for 'try'"))
    #expect(complaint("--number").contains("'--number' needs a value: --number N"))
    #expect(complaint("--stat=1").contains("'--stat' takes no value"))
    #expect(complaint("--kind", "three").contains("it is one of one, two"))
  }

  @Test(arguments: Verbs.all.map(\.name))
  func `help of every command fits a terminal`(name: String) throws {
    let verb = try Verbs.named(name)
    for line in Help.page(for: verb, style: .plain).split(separator: "\n") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test func `no command has two options of one name`() {
    for verb in Verbs.all {
      let options = verb.options + GlobalOptions.all
      #expect(Set(options.map(\.name)).count == options.count, "\(verb.name)")
      let letters = options.compactMap(\.short)
      #expect(Set(letters).count == letters.count, "\(verb.name)")
    }
  }
}
