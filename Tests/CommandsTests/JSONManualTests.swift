import Harness
import Linux
import Sessions
import Testing

@testable import Commands

/// cowbox-json(7) is the schema: what the commands say is held to the page that people read.
@Suite struct JSONManualTests {
  /// One line of the page: a member, its type, and what is below it.
  private final class Member {
    let name: String
    let isList: Bool
    let isOptional: Bool
    let type: String
    var below: [Member] = []

    init(_ line: Substring) {
      let words = line.split(separator: " ", maxSplits: 1)
      var name = String(words[0])
      type = words.count > 1 ? words[1].trimming : ""
      isOptional = name.hasSuffix("?")
      if isOptional { name.removeLast() }
      isList = name.hasSuffix("[]")
      self.name = isList ? String(name.dropLast(2)) : name
    }

    /// What is wrong with a value.
    func complaint(about value: JSON, at place: String) -> String? {
      if isList {
        guard let values = value.array else { return "\(place) is no list" }
        return values.lazy.compactMap { self.complaint(aboutOne: $0, at: place) }.first
      }
      return complaint(aboutOne: value, at: place)
    }

    private func complaint(aboutOne value: JSON, at place: String) -> String? {
      if type.hasSuffix("or null"), value == .null { return nil }
      if !below.isEmpty { return Member.complaint(about: value, below, at: place) }
      let wanted = type.replacing(" or null", with: "")
      let isRight =
        switch wanted {
        case "string": value.string != nil
        case "name": value.byteString != nil
        case "integer": value.int != nil
        case "boolean": value.bool != nil
        case "time": value.string?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil
        default: wanted.split(separator: "|").contains { value.string == String($0) }
        }
      return isRight ? nil : "\(place) is no \(wanted): \(value.text)"
    }

    static func complaint(about value: JSON, _ members: [Member], at place: String) -> String? {
      guard case .object(let found) = value else { return "\(place) is no object: \(value.text)" }
      for member in found {
        guard let known = members.first(where: { $0.name == member.name }) else {
          return "\(place).\(member.name) is not in the page"
        }
        if let complaint = known.complaint(about: member.value, at: "\(place).\(member.name)") {
          return complaint
        }
      }
      let missing = members.first { known in
        !known.isOptional && !found.contains { $0.name == known.name }
      }
      return missing.map { "\(place) lacks \($0.name)" }
    }
  }

  /// The documents of the page, by the first line of each.
  private static func documents() throws -> [String: (isList: Bool, members: [Member])] {
    let page = try Descriptor.currentDirectory.open(
      ByteString(Playground.source + "/man/cowbox-json.7"), .readOnly)
    let text = String(decoding: try page.borrowed.readToEnd(), as: UTF8.self)
    var found: [String: (isList: Bool, members: [Member])] = [:]
    for part in text.split(separator: ".Bd -literal\n").dropFirst() {
      let lines = part[..<(part.firstRange(of: ".Ed")?.lowerBound ?? part.endIndex)]
        .split(separator: "\n")
      let words = lines[0].split(separator: " ")
      let top = Member("top")
      var stack: [(indent: Int, member: Member)] = [(-1, top)]
      for line in lines.dropFirst() {
        let indent = line.prefix { $0 == " " }.count
        while let last = stack.last, last.indent >= indent { stack.removeLast() }
        let member = Member(line.drop { $0 == " " })
        stack[stack.count - 1].member.below.append(member)
        stack.append((indent, member))
      }
      found[String(words[0])] = (words.count > 1, top.below)
    }
    return found
  }

  /// What the page calls a command's documents; commands without --json are not here.
  private static let names: [String: [String]] = [
    "diff": ["diff"], "apply": ["apply"], "status": ["status"], "list": ["list"], "log": ["log"],
    "snapshots": ["snapshots"], "blame": ["blame"], "compare": ["compare"], "fsck": ["fsck"],
    "gc": ["gc"], "doctor": ["doctor"], "profile": ["profile-list", "profile-walls"],
    "config": ["config-list"], "refresh": ["refresh"], "promote": ["apply"], "version": ["version"],
  ]

  @Test func `every command with --json is in the page`() throws {
    let documents = try Self.documents()
    for verb in Verbs.all where verb.options.contains(where: { $0.name == "json" }) {
      for name in Self.names[verb.name] ?? ["nothing for \(verb.name)"] {
        #expect(documents[name] != nil, "\(name)")
      }
    }
  }

  private func check(_ name: String, _ command: Command) throws {
    let ended = try command.run()
    let document = try #require(try Self.documents()[name], "\(name)")
    let value = try JSONReader.read(ended.output)
    let values = document.isList ? try #require(value.array, "\(name)") : [value]
    #expect(!values.isEmpty, "\(name) says nothing: \(ended.complaint)")
    for value in values {
      let complaint = Member.complaint(about: value, document.members, at: name)
      #expect(complaint == nil, "\(complaint ?? "")")
    }
  }

  @Test func `what the commands say is what the page says`() throws {
    let place = try Playground()
    try place.shell("echo a > a; echo b > b; mkdir d; echo c > d/c; echo old > moved; ln -s a link")
    let script = """
      echo 2 >> a; rm -r d; mv moved renamed; rm link; ln -s b link; echo x > "$(printf 'n\\377')"
      ln a a2; printf 'all:\\n' > Makefile; mkfifo pipe; chmod 755 b
      """
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    #expect(try place.cowbox("snapshot", "first").run().status == 0)
    #expect(try place.cowbox("run", "--", "sh", "-c", "echo 3 >> a").run().status == 0)
    try check("diff", place.cowbox("diff", "--json"))
    try check("diff", place.cowbox("apply", "--dry-run", "--json", "b", "a"))
    for name in ["status", "list", "log", "snapshots", "fsck", "gc", "doctor", "version"] {
      try check(name, place.cowbox(name, "--json"))
    }
    try check("log", place.cowbox("log", "--json", "--stat"))
    try check("blame", place.cowbox("blame", "--json", "a"))
    try check("profile-list", place.cowbox("profile", "list", "--json"))
    try check("profile-walls", place.cowbox("profile", "walls", "--json"))
    #expect(try place.cowbox("branch", "other").run().status == 0)
    try check("list", place.cowbox("list", "--json"))
    try check("refresh", place.cowbox("refresh", "--json"))
    let sessions = try JSONReader.read(place.cowbox("list", "--json").run().output).array ?? []
    let ids = sessions.compactMap { $0["session"]?.string }
    #expect(ids.count == 2)
    try check("compare", place.cowbox("compare", "--json", ids[0], ids[1]))
    let running = try place.cowbox(
      "-s", ids[0], "run", "--", "sh", "-c", "echo ready; while [ ! -e stop ]; do sleep 0.02; done"
    ).start()
    #expect(try running.waitFor("ready"))
    try check("status", place.cowbox("-s", ids[0], "status", "--json"))
    try check("status-walls", place.cowbox("-s", ids[0], "status", "--walls", "--json"))
    #expect(try place.cowbox("-s", ids[0], "exec", "--", "touch", "stop").run().status == 0)
    _ = try running.finish()
    try check("apply", place.cowbox("-s", ids[0], "apply", "--json", "--allow-risky", "all", "b"))
  }
}

extension Substring {
  fileprivate var trimming: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
