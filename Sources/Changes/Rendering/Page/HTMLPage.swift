import Linux

/// The plan as one page that needs nothing but itself: no network, no other file.
///
/// Content goes in as data, never as HTML, and the page's own policy lets nothing run or load but
/// its one script and style.
package struct HTMLPage {
  private let plan: Plan
  private let contents: ContentReader
  private let options: DiffOptions
  private let title: String
  private let id: String?

  /// The page of a plan; `title` stands above it, `id` is of all that it is a part of.
  package init(
    _ plan: Plan, _ contents: ContentReader, options: DiffOptions = DiffOptions(), title: String,
    id: String? = nil
  ) {
    (self.plan, self.contents, self.options, self.title) = (plan, contents, options, title)
    self.id = id
  }

  /// Writes the page; `files` are the plan's, `notes` are told below them.
  package func write(_ files: [FileChange], notes: [String] = [], to sink: TextSink) throws {
    let id = try id ?? plan.id(contents)
    try sink.write(head(nonce: id))
    try sink.write("<script type=\"application/json\" id=\"data\">{\"id\":\"\(id)\",\"files\":[")
    var risks: [ByteString: [Risk]] = [:]
    for (change, found) in plan.risks() { risks[change.path] = found }
    for (index, file) in files.enumerated() {
      try sink.write(index == 0 ? "\n" : ",\n")
      try write(file, risks[file.path] ?? [], to: sink)
    }
    let all = (plan.notes + notes).map { Self.text($0) }.joined(separator: ",\n")
    try sink.write("\n],\"notes\":[\(all)]}</script>\n<script nonce=\"\(id)\">\n")
    try sink.write(PackageResources.page_js)
    try sink.write("</script>\n</html>\n")
  }

  private func head(nonce: String) -> String {
    let policy =
      "default-src 'none'; style-src 'nonce-\(nonce)'; script-src 'nonce-\(nonce)'; "
      + "base-uri 'none'; form-action 'none'"
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(Self.escaped(title))</title>
      <style nonce="\(nonce)">
      \(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
      <header>
      <h1>\(Self.escaped(title))</h1>
      <span class="sum">diff \(nonce.prefix(12))</span>
      <span class="space"></span>
      <input type="search" id="find" placeholder="Search names and lines ( / )" aria-label="Search">
      <span id="found" role="status"></span>
      <button id="unified" aria-pressed="true">Unified</button>
      <button id="split" aria-pressed="false">Side by side</button>
      <button id="fold">Fold all</button>
      <button id="unfold">Unfold all</button>
      <select id="theme" aria-label="Colours"><option value="">As the system</option>
      <option value="light">Light</option><option value="dark">Dark</option></select>
      </header>
      <nav aria-label="Files"></nav>
      <main></main>

      """
  }

  private func write(_ file: FileChange, _ risks: [Risk], to sink: TextSink) throws {
    let diff = try FileDiff(file, contents, options)
    let count = try LineCount(file, contents, options)
    let kind =
      file.isRename
      ? "renamed" : file.oldPath == nil ? "added" : file.newPath == nil ? "deleted" : "modified"
    try sink.write("{\"path\":\(Self.text(file.path.printable)),\"kind\":\"\(kind)\"")
    if file.isRename { try sink.write(",\"from\":\(Self.text(file.oldPath?.printable ?? ""))") }
    try sink.write(
      ",\"binary\":\(count.isBinary),\"sizes\":[\(file.oldSize),\(file.newSize)]"
        + ",\"added\":\(count.added),\"deleted\":\(count.deleted)")
    let told = risks.map { "{\"class\":\"\($0.rawValue)\",\"words\":\(Self.text($0.words))}" }
    try sink.write(",\"risks\":[\(told.joined(separator: ","))]")
    let words = words(file, isBinary: diff.isBinary).map { Self.text($0) }.joined(separator: ",")
    try sink.write(",\"words\":[\(words)],\"hunks\":[")
    if case .text(let text) = diff, !text.isBinary {
      for (index, piece) in text.hunks.compactMap({ Piece($0) }).enumerated() {
        if index > 0 { try sink.write(",") }
        try write(piece, to: sink)
      }
    }
    try sink.write("]}")
  }

  /// What there is to say of a file besides its lines.
  private func words(_ file: FileChange, isBinary: Bool) -> [String] {
    var words: [String] = []
    if let before = file.old?.gitMode, let after = file.new?.gitMode, before != after {
      words.append("mode \(before) to \(after)")
    } else if let mode = file.new?.gitMode, file.oldPath == nil, mode != "100644" {
      words.append("new, mode \(mode)")
    }
    if isBinary { words.append("no text") }
    if file.isSameContent { words.append("the content is the same") }
    if file.oldSize == 0, file.newSize == 0 { words.append("empty") }
    return words
  }

  private func write(_ piece: Piece, to sink: TextSink) throws {
    try sink.write(
      "{\"header\":\(Self.text(Self.shown(piece.header))),\"old\":\(piece.oldStart + 1)"
        + ",\"new\":\(piece.newStart + 1),\"lines\":[")
    for (index, line) in piece.lines.enumerated() {
      if index > 0 { try sink.write(",") }
      let end = line.bytes.last == 0x0A ? "" : " (no newline at the end)"
      try sink.write(
        "[\"\(Unicode.Scalar(line.mark))\",\(Self.text(Self.shown(line.bytes) + end))]")
    }
    try sink.write("]}")
  }

  /// A line without its newline, controls and bidi marks shown.
  private static func shown(_ line: [UInt8]) -> String {
    let style = RenderingStyle(isEscaped: true)
    let shown = style.shown(line)
    return String(decoding: shown.last == 0x0A ? shown.dropLast() : shown[...], as: UTF8.self)
  }

  /// A JSON string that ends no script element, whatever is in it.
  private static func text(_ text: String) -> String {
    ByteString(text).json.replacing("<", with: "\\u003c")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
  }
}
