import CDifferential
import CLinux
import Glibc
import Linux

extension Trial {
  /// Makes every call of the table of POSIX cases in both trees; what they say must be equal.
  func runTable(_ plain: Side, _ overlay: Side, _ view: View) throws -> String? {
    let expected = try table(in: plain)
    let found = try table(in: overlay)
    let (left, right) = (Self.lines(expected), Self.lines(found))
    var lines: [String] = []
    for line in left.difference(from: right).inferringMoves() {
      switch line {
      case .insert(let at, let text, _): lines.append("\(at + 1) plain:   \(text)")
      case .remove(let at, let text, _): lines.append("\(at + 1) overlay: \(text)")
      }
    }
    if !lines.isEmpty { return lines.prefix(60).joined(separator: "\n") }
    return left.count > 1000 ? nil : "the table ended after \(left.count) lines"
  }

  /// Prepares the trees that the table works on.
  func populateTable(_ side: Side) throws {
    _ = try inChild(of: side) { cd_table_populate() }
  }

  private func table(in side: Side) throws -> [UInt8] {
    try inChild(of: side) { cd_table_run() }
  }

  private static func lines(_ text: [UInt8]) -> [String] {
    text.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What C code prints that runs in a directory; a process that dies by a signal says so.
  private func inChild(of side: Side, _ body: () -> Void) throws -> [UInt8] {
    let output = try Descriptor.currentDirectory.open(
      place.path, [.temporary, .readWrite], mode: 0o600)
    let child = try check { fork() }
    if child == 0 {
      dup2(output.raw, 1)
      dup2(output.raw, 2)
      // Of attributes named security. the kernel asks who the mount belongs to.
      if !isRoot, cl_set_capabilities(0, 0, 0) < 0 { Glibc._exit(1) }
      if fchdir(side.root.raw) < 0 { Glibc._exit(1) }
      body()
      fflush(nil)
      Glibc._exit(0)
    }
    var status: Int32 = 0
    waitpid(child, &status, 0)
    let text = try output.borrowed.readAll(limit: 1 << 24)
    return status == 0 ? text : text + Array("died with \(status)\n".utf8)
  }
}
