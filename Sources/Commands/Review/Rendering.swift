import Changes
import Linux
import Sessions
import Store

/// How a difference is shown: what the options of diff say.
struct Rendering {
  static let options: [Option] = [
    Option("patch", short: "p", "the patch, also where another form is asked for"),
    Option("stat", "a line for each file, with its count of lines"),
    Option("shortstat", "the last line of --stat alone"),
    Option("name-status", "names, with a letter for what happened"),
    Option("name-only", "names"),
    Option("numstat", "counts of lines, for programs"),
    Option("summary", "what came, went, and changed its name or mode"),
    Option("null", short: "z", "end names with NUL instead of quoting them"),
    Option("unified", short: "U", value: "N", "lines of context, 3 by itself"),
    Option("inter-hunk-context", value: "N", "join hunks that are so many lines apart"),
    Option("function-context", short: "W", "whole functions around what differs"),
    Option("ignore-all-space", short: "w", "compare without white space"),
    Option("ignore-space-change", short: "b", "compare without amounts of white space"),
    Option("ignore-space-at-eol", "compare without white space at the ends of lines"),
    Option("ignore-blank-lines", "leave out lines without anything in them"),
    Option("patience", "compare by git's patience algorithm"),
    Option("minimal", "look longer for a smaller difference"),
    Option("text", short: "a", "show every file as text"),
    Option(
      "word-diff", value: "MODE", choices: WordMarks.allCases.map(\.rawValue),
      isValueOptional: true, "mark changed words: plain, color or porcelain"),
    Option("color-words", "as --word-diff=color"),
    Option("reverse", short: "R", "the difference the other way round: what takes it back"),
    Option("no-prefix", "no 'a/' and 'b/' before names"),
    Option("src-prefix", value: "PREFIX", "what stands before old names, 'a/' by itself"),
    Option("dst-prefix", value: "PREFIX", "what stands before new names, 'b/' by itself"),
    Option("full-index", "name contents by all 40 digits"),
    Option(
      "find-renames", short: "M", value: "PERCENT", isValueOptional: true,
      "how alike a rewritten file must be to count as renamed, 50 by itself"),
    Option("no-renames", "look for no renames besides those that the session made"),
    Option("rename-limit", short: "l", value: "N", "compare up to N files on either side, 1000"),
    Option("fold", "ignored and generated directories as a line each, as on a terminal"),
    Option("no-fold", "everything, also on a terminal"),
    Option("no-color", "no colours, as --color=never"),
    Pager.option,
  ]

  let options: DiffOptions
  let search: RenameSearch
  let words: WordMarks?
  let style: RenderingStyle
  private let arguments: Arguments

  /// What the command line says; `output` is where it goes.
  init(_ invocation: Invocation) throws {
    arguments = invocation.arguments
    options = try Self.diffOptions(arguments)
    search = try Self.renameSearch(arguments)
    words = try Self.wordMarks(arguments)
    style = RenderingStyle(
      isColored: invocation.output.style.isOn || words == .color,
      isEscaped: Descriptor.standardOutput.isTerminal)
  }

  /// Whether long runs become a line each.
  var folds: Bool {
    if arguments.has("fold") { return true }
    return Descriptor.standardOutput.isTerminal && !arguments.has("no-fold")
      && !arguments.has("null") && !arguments.has("name-only") && !arguments.has("numstat")
  }

  /// Whether they do in a page for a browser.
  var foldsPages: Bool { !arguments.has("no-fold") }

  /// Writes a plan in the forms that are asked for.
  func write(_ plan: Plan, _ contents: ContentReader, to sink: TextSink, _ invocation: Invocation)
    throws
  {
    let folding = folds ? try Self.fold(plan, contents) : nil
    let shown = folding?.plan ?? plan
    let found = try shown.files(contents, finding: search)
    if let skipped = found.skipped {
      invocation.say(
        "renames were not looked for among \(skipped.old) deleted and \(skipped.new) new files: "
          + "'--rename-limit N' allows more")
    }
    if arguments.has("reverse") {
      try write(shown.reversed, found.reversed, contents, to: sink)
    } else {
      try write(shown, found.files, contents, to: sink)
    }
    for fold in folding?.folds ?? [] {
      try sink.write(style.note("# \(Self.words(of: fold))\n"))
    }
  }

  /// The plan with a line for each ignored or generated directory that is full of changes.
  static func fold(_ plan: Plan, _ contents: ContentReader) throws -> Folding {
    try Folding(plan, IgnoreRules(contents.lower, exclude: exclude(contents.lower)))
  }

  /// "node_modules/: 120 files added, 46137344 bytes (ignored by the project; ...)".
  static func words(of fold: Folding.Fold) -> String {
    let why = fold.isIgnored ? "ignored by the project" : "generated"
    return "\(fold.directory.gitQuoted)/: \(fold.words) (\(why); --no-fold shows them)"
  }

  private func write(
    _ plan: Plan, _ files: [FileChange], _ contents: ContentReader, to sink: TextSink
  ) throws {
    if let form = listForm {
      return try NameLists(
        plan, contents, options: options, isNULTerminated: arguments.has("null")
      ).write(form, files, to: sink)
    }
    let stat = StatText(plan, contents, width: Self.width, options: options, style: style)
    let hasOther = ["stat", "shortstat", "summary"].contains { arguments.has($0) }
    if arguments.has("stat") {
      try stat.write(files, to: sink)
    } else if arguments.has("shortstat") {
      try stat.write(files, isShort: true, to: sink)
    }
    if arguments.has("summary") { try SummaryText(plan, contents).write(files, to: sink) }
    guard !hasOther || arguments.has("patch") else { return }
    if hasOther { try sink.write("\n") }
    try PatchText(plan, contents, options: options, style: style, words: words)
      .write(files, to: sink)
  }

  private var listForm: NameLists.Form? {
    if arguments.has("name-status") { return .nameStatus }
    if arguments.has("name-only") { return .nameOnly }
    return arguments.has("numstat") ? .lineCounts : nil
  }

  /// As wide as the terminal; 80 where there is none.
  static var width: Int {
    // What is no terminal has no size.
    guard let size = try? Descriptor.standardOutput.windowSize(), size.columns > 0 else {
      return 80
    }
    return Int(size.columns)
  }

  /// The repository's own list of what is ignored, where the project has one.
  static func exclude(_ lower: LowerTree) throws -> [UInt8] {
    let path: ByteString = ".git/info/exclude"
    guard let status = try lower.status(path), status.kind == .regular, status.size < 1 << 24
    else { return [] }
    let file = try lower.open(path)
    return try attempt("read", path) { () throws(Errno) in
      try file.borrowed.readAll(limit: 1 << 24)
    }
  }
}

// What options mean.
extension Rendering {
  private static func diffOptions(_ arguments: Arguments) throws -> DiffOptions {
    var options = DiffOptions()
    options.contextLines = try arguments.number("unified", in: 0...1_000_000) ?? 3
    options.interhunkLines = try arguments.number("inter-hunk-context", in: 0...1_000_000) ?? 0
    options.ignoresAllSpace = arguments.has("ignore-all-space")
    options.ignoresSpaceChange = arguments.has("ignore-space-change")
    options.ignoresSpaceAtEnd = arguments.has("ignore-space-at-eol")
    options.ignoresBlankLines = arguments.has("ignore-blank-lines")
    options.usesPatience = arguments.has("patience")
    options.isMinimal = arguments.has("minimal")
    options.isForcedText = arguments.has("text")
    options.isFullIndex = arguments.has("full-index")
    if arguments.has("no-prefix") { (options.oldPrefix, options.newPrefix) = ("", "") }
    if let prefix = try arguments.text("src-prefix") { options.oldPrefix = prefix }
    if let prefix = try arguments.text("dst-prefix") { options.newPrefix = prefix }
    options.showsFunctions = arguments.has("function-context")
    // As git: the prefixes stay with their sides.
    if arguments.has("reverse") { swap(&options.oldPrefix, &options.newPrefix) }
    return options
  }

  private static func renameSearch(_ arguments: Arguments) throws -> RenameSearch {
    var search = RenameSearch()
    if let text = try arguments.text("find-renames"), !text.isEmpty {
      guard let percent = Int(text.hasSuffix("%") ? String(text.dropLast()) : text),
        (0...100).contains(percent)
      else {
        throw Failure.usage("'--find-renames=\(ByteString(text).printable)' is no percentage")
      }
      search.percent = percent
    }
    search.limit = try arguments.number("rename-limit", in: 0...1_000_000) ?? search.limit
    if arguments.has("no-renames") { search.percent = nil }
    return search
  }

  private static func wordMarks(_ arguments: Arguments) throws -> WordMarks? {
    if arguments.has("color-words") { return .color }
    guard let mode = try arguments.text("word-diff") else { return nil }
    return WordMarks(rawValue: mode) ?? .plain
  }
}
