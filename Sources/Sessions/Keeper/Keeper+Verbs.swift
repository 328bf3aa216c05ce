import Linux

// What rooms above this one know, asked of cowbox itself.
extension Keeper {
  /// How a request becomes the words of a command, and its output an answer.
  private struct Question {
    let words: [ByteString]
    /// Whether it needs the session at rest.
    var atRest = false
    let read: (VerbOutput) throws(ProtocolError) -> JSON
  }

  /// Asks a command of cowbox about this session; the answer was promised when this returns.
  ///
  /// False: there is no such question.
  func askVerb(_ method: String, _ params: JSON, _ asker: Asker) throws(ProtocolError) -> Bool {
    guard let question = try question(method, params) else { return false }
    guard question.atRest else {
      do throws(Errno) {
        let call = try VerbCall(whole(question.words), for: asker, read: question.read)
        asker.promise()
        attend(call)
        return true
      } catch { throw ProtocolError(.failed, "cannot start cowbox for it: \(error)") }
    }
    if let command = commands.values.first {
      throw ProtocolError(
        .busy, "'\(command.words.first?.printable ?? "a command")' runs in the session",
        hint: "wait for its end, or 'signal' it, and ask again")
    }
    asker.promise()
    lastWish = LastWish(words: whole(question.words), asker: asker, read: question.read)
    isStopping = true
    return true
  }

  /// The words with which session they are about.
  private func whole(_ words: [ByteString]) -> [ByteString] {
    ["cowbox", words[0], "--session", plan.session.bytes, "--directory", plan.project]
      + words.dropFirst()
  }

  private func question(_ method: String, _ params: JSON) throws(ProtocolError) -> Question? {
    switch method {
    case "diff": return try diff(params)
    case "branch": return try branch(params)
    case "apply":
      let words = try ["apply", "--json"] + Self.applyWords(params) + paths(params)
      return Question(words: words, atRest: true) { output throws(ProtocolError) in
        try output.json()
      }
    case "revert":
      return Question(words: ["revert"], atRest: true, read: Self.done)
    case "discard":
      let paths = try paths(params)
      guard !paths.isEmpty || params["all"] == true else {
        throw ProtocolError(
          .wrongParams, "discard needs 'paths', or 'all': true for the whole session")
      }
      return Question(words: ["discard"] + paths, atRest: true, read: Self.done)
    case "mount":
      guard let point = params["point"]?.byteString else {
        throw ProtocolError(.wrongParams, "'point' must be a directory")
      }
      return Question(words: ["mount", "--", plan.project, point], atRest: true, read: Self.done)
    default: return nil
    }
  }

  /// The answer of a command that says nothing for programs.
  private static func done(_ output: VerbOutput) throws(ProtocolError) -> JSON {
    _ = try output.checked()
    return [:]
  }

  private func paths(_ params: JSON) throws(ProtocolError) -> [ByteString] {
    let paths = try Wire.texts("paths", params)
    return paths.isEmpty ? [] : ["--"] + paths
  }

  private static func applyWords(_ params: JSON) throws(ProtocolError) -> [ByteString] {
    var words: [ByteString] = []
    for (name, option) in [("dryRun", "--dry-run"), ("merge", "--merge"), ("markers", "--markers")]
    where params[name] == true { words.append(ByteString(option)) }
    if let id = try Wire.text("diff", params) { words += ["--diff", ByteString(id)] }
    if let side = try Wire.text("take", params) { words += ["--take", ByteString(side)] }
    for risk in try Wire.texts("allowRisky", params) { words += ["--allow-risky", risk] }
    return words
  }

  private func diff(_ params: JSON) throws(ProtocolError) -> Question {
    let forms: [String: [ByteString]] = [
      "json": ["--json"], "patch": ["--color", "never"], "stat": ["--stat", "--color", "never"],
      "names": ["--name-status", "-z"], "id": ["--id"],
    ]
    let format = try Wire.text("format", params) ?? "json"
    guard var words = forms[format] else {
      throw ProtocolError(
        .wrongParams, "'format' must be one of \(forms.keys.sorted().joined(separator: ", "))")
    }
    if let step = params["step"]?.int { words += ["--at", ByteString("\(step)")] }
    if let lines = params["context"]?.int { words += ["--unified", ByteString("\(lines)")] }
    if let root = try Wire.text("root", params) { words += ["--root", ByteString(root)] }
    words += try paths(params)
    return Question(words: ["diff"] + words) { output throws(ProtocolError) in
      format == "json" ? try output.json() : ["text": JSON(ByteString(try output.checked()))]
    }
  }

  private func branch(_ params: JSON) throws(ProtocolError) -> Question {
    var name = try Wire.text("name", params)
    // A name of chance, so that the answer can tell it.
    if name == nil { name = (try? SessionName.random(for: plan.project))?.text }
    guard let name, SessionName(name) != nil else {
      throw ProtocolError(
        .wrongParams, "'\(ByteString(name ?? "").printable)' can't be a session's name",
        hint: "use up to 64 letters, digits, dashes, dots and underscores")
    }
    var words: [ByteString] = ["branch"]
    if let from = params["from"], from != .null {
      guard let text = from.string ?? from.int.map(String.init) else {
        throw ProtocolError(.wrongParams, "'from' must be a step or a snapshot")
      }
      words += ["--from", ByteString(text)]
    }
    return Question(words: words + ["--", ByteString(name)]) { output throws(ProtocolError) in
      _ = try output.checked()
      return ["session": .string(name)]
    }
  }
}
