import CGit2
import Linux

/// How two texts are compared; the names are git's.
package struct DiffOptions: Sendable {
  package var contextLines = 3
  package var interhunkLines = 0
  package var ignoresAllSpace = false
  package var ignoresSpaceChange = false
  package var ignoresSpaceAtEnd = false
  package var ignoresBlankLines = false
  package var usesPatience = false
  package var isMinimal = false
  /// Whether binary files are shown as text.
  package var isForcedText = false
  package var usesIndentHeuristic = true
  /// Whether whole functions are shown around what differs.
  package var showsFunctions = false
  /// What stands before the names of the two sides.
  package var oldPrefix = "a/"
  package var newPrefix = "b/"
  /// Whether contents are named by all digits.
  package var isFullIndex = false

  /// What git does without options.
  package init() {}

  /// The same comparison with nothing shown around what differs.
  fileprivate var bare: DiffOptions {
    var bare = self
    (bare.contextLines, bare.interhunkLines, bare.showsFunctions) = (0, 0, false)
    return bare
  }

  var raw: cl_git_options {
    var flags = usesIndentHeuristic ? Int(cl_git_indent_heuristic) : 0
    if ignoresAllSpace { flags |= Int(cl_git_ignore_whitespace) }
    if ignoresSpaceChange { flags |= Int(cl_git_ignore_whitespace_change) }
    if ignoresSpaceAtEnd { flags |= Int(cl_git_ignore_whitespace_eol) }
    if ignoresBlankLines { flags |= Int(cl_git_ignore_blank_lines) }
    if usesPatience { flags |= Int(cl_git_patience) }
    if isMinimal { flags |= Int(cl_git_minimal) }
    if isForcedText { flags |= Int(cl_git_force_text) }
    return cl_git_options(
      flags: UInt32(flags), context_lines: UInt32(contextLines),
      interhunk_lines: UInt32(interhunkLines))
  }
}

/// Neighbouring changed lines of a file, with what surrounds them.
package struct Hunk: Sendable {
  /// A line with its mark: ' ', '+', '-', or '\' where the file ends without a newline.
  package struct Line: Equatable, Sendable {
    package let mark: UInt8
    package let bytes: [UInt8]
  }

  /// "@@ -1,2 +1,3 @@" and what git puts behind it, with the newline.
  package let header: [UInt8]
  package internal(set) var lines: [Line] = []
}

/// One half of a binary patch, as git writes it.
struct BinaryHalf {
  let isDelta: Bool
  let deflated: [UInt8]
  let size: Int
}

/// In what two contents differ.
package final class TextDiff {
  package fileprivate(set) var hunks: [Hunk] = []
  fileprivate(set) var forward: BinaryHalf?
  fileprivate(set) var backward: BinaryHalf?

  package var isBinary: Bool { forward != nil }

  /// Compares two contents in memory.
  package init(_ old: [UInt8], _ new: [UInt8], _ options: DiffOptions = DiffOptions()) throws {
    if let failure = cl_git_load() { throw GitError(words: String(cString: failure)) }
    var how = options.showsFunctions ? options.bare.raw : options.raw
    var events = cl_git_events(
      hunk: { context, header, length in
        TextDiff.from(context).hunks.append(Hunk(header: TextDiff.bytes(header, length)))
        return 0
      },
      line: { context, origin, content, length in
        TextDiff.from(context).add(UInt8(bitPattern: origin), TextDiff.bytes(content, length))
        return 0
      },
      binary: { context, forward, backward in
        let diff = TextDiff.from(context)
        diff.forward = forward.map { BinaryHalf($0.pointee) }
        diff.backward = backward.map { BinaryHalf($0.pointee) }
        return 0
      })
    let context = Unmanaged.passUnretained(self).toOpaque()
    let result = old.withUnsafeBytes { old in
      new.withUnsafeBytes { new in
        cl_git_diff(
          old.baseAddress, old.count, new.baseAddress, new.count, &how, &events, context)
      }
    }
    guard result == 0 else { throw GitError.last }
    if options.showsFunctions, !isBinary, !hunks.isEmpty { try showFunctions(old, new, options) }
  }

  private func showFunctions(_ old: [UInt8], _ new: [UInt8], _ options: DiffOptions) throws {
    var all = options.bare
    all.ignoresBlankLines = false
    var atoms = hunks.compactMap { FunctionContext.Atom($0) }
    if options.ignoresBlankLines {
      let shown = Set(atoms.map(\.old.lowerBound))
      atoms = try TextDiff(old, new, all).hunks.compactMap { FunctionContext.Atom($0) }
      for index in atoms.indices {
        atoms[index].isIgnored = !shown.contains(atoms[index].old.lowerBound)
      }
    }
    hunks = FunctionContext(old, new, atoms, options).hunks
  }

  private func add(_ origin: UInt8, _ bytes: [UInt8]) {
    guard !hunks.isEmpty else { return }
    let marks: [UInt8] = [0x20, 0x2B, 0x2D]
    let last = hunks.count - 1
    if marks.contains(origin) {
      hunks[last].lines.append(Hunk.Line(mark: origin, bytes: bytes))
    } else {
      // "\ No newline at end of file": libgit2 hands it over with the newline that is missing.
      hunks[last].lines.append(Hunk.Line(mark: 0x5C, bytes: bytes))
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> TextDiff {
    guard let context else { preconditionFailure("libgit2 lost the context of a callback") }
    return Unmanaged<TextDiff>.fromOpaque(context).takeUnretainedValue()
  }

  fileprivate static func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }
}

extension FunctionContext.Atom {
  /// What a hunk without context replaces.
  fileprivate init?(_ hunk: Hunk) {
    guard let numbers = HunkNumbers(hunk.header) else { return nil }
    let deleted = hunk.lines.filter { $0.mark == Hunk.Line.deleted }.count
    let added = hunk.lines.filter { $0.mark == Hunk.Line.added }.count
    self.init(
      old: numbers.oldStart..<(numbers.oldStart + deleted),
      new: numbers.newStart..<(numbers.newStart + added))
  }
}

extension BinaryHalf {
  fileprivate init(_ raw: cl_git_binary) {
    isDelta = raw.is_delta != 0
    deflated = TextDiff.bytes(raw.data, raw.length)
    size = raw.inflated_length
  }
}

/// libgit2 failed, or is not there.
package struct GitError: Error, CustomStringConvertible {
  let words: String

  static var last: GitError {
    GitError(words: cl_git_failure().map { String(cString: $0) } ?? "libgit2 failed")
  }

  package var description: String { "cannot compare: \(words)" }
}
