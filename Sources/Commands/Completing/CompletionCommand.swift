import Linux

/// `cowbox completion`: what shells need to complete command lines, and their questions answered.
enum CompletionCommand {
  static let verb = Verb(
    "completion", .about, "print what makes a shell complete cowbox's command lines",
    operands: .any("bash | zsh | fish"),
    options: [
      Option("answer", "say what may follow the words given, of which the last is unfinished")
    ],
    details: """
      'make install' puts the completions where the shells find them. Without that, in the shell's
      own start-up file:

          bash   source <(cowbox completion bash)
          zsh    source <(cowbox completion zsh)
          fish   cowbox completion fish | source

      Sessions, steps, snapshots, profiles and paths are those that are there at the moment.
      """, act: run)

  private static func run(_ invocation: Invocation) throws -> Int32 {
    if invocation.arguments.has("answer") {
      for line in lines(Completion.offer(for: invocation.operands)) {
        try invocation.output.write(line.bytes + [UInt8(ascii: "\n")])
      }
      return ExitCode.done
    }
    let known = CompletionScript.allCases.map(\.rawValue).joined(separator: ", ")
    guard let word = invocation.operands.first, invocation.operands.count == 1 else {
      throw Failure.usage("'completion' needs a shell", hint: "it is one of \(known)")
    }
    guard let shell = word.string.flatMap(CompletionScript.init) else {
      throw Failure.usage(
        "there is no completion for '\(word.printable)'", hint: "there is one for \(known)")
    }
    try invocation.output.write(shell.text)
    return ExitCode.done
  }

  /// The first line says what is offered; then a candidate each, with a tab before its summary.
  private static func lines(_ offer: Completion.Offer) -> [ByteString] {
    switch offer {
    case .files: ["files"]
    case .directories: ["directories"]
    case .program(let place): [ByteString("program \(place)")]
    case .words(let candidates):
      [candidates.contains(where: \.isOpen) ? "open" : "words"]
        + candidates.map { candidate in
          let summary = Array((candidate.summary.isEmpty ? "" : "\t" + candidate.summary).utf8)
          return ByteString(candidate.word.bytes + summary)
        }
    }
  }
}
