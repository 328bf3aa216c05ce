import Changes
import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Apply

/// Every kind of change over every kind of thing, whatever the host did meanwhile.
///
/// The letters: `.` lands, `=` nothing is left to do; and of conflicts `c` changed, `a` attributes
/// changed, `g` gone, `n` appeared, `k` kind changed, `p` parent gone.
@Suite struct MatrixTests {
  private static let letters: [Conflict.Reason: Character] = [
    .changed: "c", .attributesChanged: "a", .gone: "g", .appeared: "n", .kindChanged: "k",
    .parentGone: "p", .repositoryMoved: "r",
  ]

  /// What becomes of each cell.
  private static func outcomes(
    _ cells: [Matrix.Cell], _ conflicts: [Conflict], planned: [ByteString]
  ) -> [Matrix.Cell: String] {
    let byCell = Dictionary(grouping: conflicts) { $0.path.components.first ?? ByteString([]) }
    let inPlan = Set(planned.compactMap(\.components.first))
    var found: [Matrix.Cell: String] = [:]
    for cell in cells {
      let name = ByteString(cell.name)
      let reasons = Set((byCell[name] ?? []).compactMap { letters[$0.reason] })
      found[cell] =
        reasons.isEmpty ? (inPlan.contains(name) ? "." : "=") : String(reasons.sorted())
    }
    return found
  }

  private static func expect(_ found: [String], _ expected: String) {
    let wanted = expected.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    for (one, other) in zip(found, wanted) where one != other {
      Issue.record("expected  \(other)\nfound     \(one)")
    }
    #expect(found.count == wanted.count, "\(found.joined(separator: "\n"))")
  }

  /// The lines of a listing by the path that they are about.
  private static func byPath(_ listing: String) -> [String: [Substring]] {
    Dictionary(grouping: listing.split(separator: "\n")) { line in
      let path = line.split(separator: " ").first { $0.contains("-") } ?? ""
      return String(path.hasPrefix("./") ? path.dropFirst(2) : path)
    }
  }

  /// The same by cell.
  private static func byCell(_ listing: String) -> [Substring: [Substring]] {
    let lines = byPath(listing).sorted { $0.key < $1.key }
    return Dictionary(grouping: lines) { Substring($0.key.prefix { $0 != "/" }) }
      .mapValues { $0.flatMap(\.value) }
  }

  @Test func `every cell of the matrix lands or conflicts as the table says, and is taken back`()
    throws
  {
    let session = try Rehearsal(Matrix.project)
    for cell in Matrix.cells { try Matrix.play(cell, on: session) }
    let application = try ApplicationTests.application(session)
    try session.place.shell(Matrix.script(Matrix.cells))
    let before = try session.listing(session.place.project, withTimes: true)
    let host = try session.projectListing
    let plan = try application.plan()
    let conflicts = try application.check(plan)
    let outcomes = Self.outcomes(
      Matrix.cells, conflicts, planned: plan.changes.map(\.path))
    Self.expect(Matrix.table(outcomes), Self.applyTable)

    var resolution = Resolution()
    resolution.skips = true
    let resolved = try application.resolve(plan, resolution)
    #expect(resolved.conflicts == [])
    try application.run(resolved.plan)
    let (was, now) = (Self.byPath(host), Self.byPath(try session.projectListing))
    for conflict in conflicts {
      #expect(now[conflict.path.printable] == was[conflict.path.printable], "\(conflict)")
    }
    let (ours, twin) = (
      Self.byCell(try session.projectListing), Self.byCell(try session.twinListing)
    )
    for cell in Matrix.cells where [.nothing, .same].contains(cell.meanwhile) {
      #expect(ours[Substring(cell.name)] == twin[Substring(cell.name)], "\(cell.name)")
    }
    try application.revert()
    #expect(try session.listing(session.place.project, withTimes: true) == before)
    let again = try application.check(application.plan())
    #expect(Set(again.map(\.description)) == Set(conflicts.map(\.description)))
  }

  @Test func `an apply of every cell is taken back, or the host's change of it is told`() throws {
    let cells = Matrix.cells
    let session = try Rehearsal(Matrix.project)
    for cell in cells { try Matrix.play(cell, on: session) }
    let application = try ApplicationTests.application(session)
    let plan = try application.plan()
    try application.run(plan)
    try session.place.shell(Matrix.script(cells) { Matrix.undo($0) })
    let before = try session.listing(session.place.project, withTimes: true)
    var conflicts: [Conflict] = []
    do { try application.revert() } catch ApplyError.conflicts(let found) { conflicts = found }
    let outcomes = Self.outcomes(cells, conflicts, planned: plan.changes.map(\.path))
    Self.expect(Matrix.table(outcomes), Self.revertTable)
    #expect(try session.listing(session.place.project, withTimes: true) == before)
  }

  private static let applyTable = """
    # session project nothing, same, content, mode, deleted; now a file, directory, symlink, FIFO;
    # parent gone, parent a symlink
    absent    file      .   =   c   a   =   c   kn  k   k   =   =
    absent    directory .   =   n   a   =   k   n   k   k   =   =
    absent    symlink   .   =   c   .   =   k   kn  c   k   =   =
    absent    fifo      .   =   .   a   =   k   kn  k   a   =   =
    absent    links     .   =   c   a   =   c   kn  k   k   =   =
    file      nothing   .   =   .   .   .   n   n   n   n   p   p
    file      file      .   =   c   a   g   c   kn  k   k   p   p
    file      directory .   =   n   a   g   k   n   k   k   p   p
    file      symlink   .   =   c   .   g   k   kn  c   k   p   p
    file      fifo      .   =   .   a   g   k   kn  k   a   p   p
    file      links     .   =   c   a   g   c   kn  k   k   p   p
    changed   file      .   =   c   a   g   c   kn  k   k   p   p
    changed   links     .   =   c   a   g   c   kn  k   k   p   p
    mode      file      .   =   c   a   g   c   kn  k   k   p   p
    mode      directory .   =   .   a   g   k   .   k   k   p   p
    mode      fifo      .   =   .   a   g   k   kn  k   a   p   p
    mode      links     .   =   c   a   g   c   kn  k   k   p   p
    directory nothing   .   =   .   .   .   n   .   n   n   p   p
    directory file      .   =   c   a   g   c   .   k   k   p   p
    directory directory .   =   n   a   g   k   n   k   k   p   p
    directory symlink   .   =   c   .   g   k   .   c   k   p   p
    directory fifo      .   =   .   a   g   k   .   k   a   p   p
    directory links     .   =   c   a   g   c   .   k   k   p   p
    symlink   nothing   .   =   .   .   .   n   n   n   n   p   p
    symlink   file      .   =   c   a   g   c   kn  k   k   p   p
    symlink   directory .   =   n   a   g   k   n   k   k   p   p
    symlink   symlink   .   =   c   .   g   k   kn  c   k   p   p
    symlink   fifo      .   =   .   a   g   k   kn  k   a   p   p
    symlink   links     .   =   c   a   g   c   kn  k   k   p   p
    fifo      nothing   .   =   .   .   .   n   n   n   n   p   p
    fifo      file      .   =   c   a   g   c   kn  k   k   p   p
    fifo      directory .   =   n   a   g   k   n   k   k   p   p
    fifo      symlink   .   =   c   .   g   k   kn  c   k   p   p
    fifo      fifo      =   =   =   a   g   k   kn  k   a   p   p
    fifo      links     .   =   c   a   g   c   kn  k   k   p   p
    renamed   nothing   .   =   .   .   .   n   n   n   n   p   p
    renamed   file      .   =   c   a   g   c   kn  k   k   p   p
    renamed   directory .   =   n   a   g   k   n   k   k   p   p
    renamed   symlink   .   =   c   .   g   k   kn  c   k   p   p
    renamed   fifo      .   =   .   a   g   k   kn  k   a   p   p
    renamed   links     .   =   c   a   g   c   kn  k   k   p   p
    linked    nothing   .   =   .   .   .   n   n   n   n   p   p
    linked    file      .   =   c   a   g   c   kn  k   k   p   p
    linked    directory .   =   n   a   g   k   n   k   k   p   p
    linked    symlink   .   =   c   .   g   k   kn  c   k   p   p
    linked    fifo      .   =   .   a   g   k   kn  k   a   p   p
    linked    links     .   =   c   a   g   c   kn  k   k   p   p
    """

  private static let revertTable = """
    # session project nothing, same, content, mode, deleted; now a file, directory, symlink, FIFO;
    # parent gone, parent a symlink
    absent    file      .   .   .   .   .   n   n   n   n   p   p
    absent    directory .   n   .   .   .   n   n   n   n   p   p
    absent    symlink   .   .   .   .   .   n   n   n   n   p   p
    absent    fifo      .   .   .   .   .   n   n   n   n   p   p
    absent    links     .   .   .   .   .   n   n   n   n   p   p
    file      nothing   .   .   c   c   .   c   c   c   c   .   .
    file      file      .   .   c   c   g   c   c   c   c   g   g
    file      directory .   c   c   c   g   c   c   c   c   g   g
    file      symlink   .   .   c   c   g   c   c   c   c   g   g
    file      fifo      .   .   c   c   g   c   c   c   c   g   g
    file      links     .   .   c   c   g   c   c   c   c   g   g
    changed   file      .   .   c   c   g   c   c   c   c   g   g
    changed   links     .   c   c   c   g   c   c   c   c   g   g
    mode      file      .   .   c   c   g   .   c   c   c   g   g
    mode      directory .   .   .   c   g   c   .   c   c   g   g
    mode      fifo      .   .   .   c   g   c   c   c   c   g   g
    mode      links     .   .   c   c   g   .   c   c   c   g   g
    directory nothing   .   .   c   c   .   c   c   c   c   .   .
    directory file      .   c   c   c   g   c   c   c   c   g   g
    directory directory .   .   .   .   p   p   .   p   p   p   p
    directory symlink   .   c   c   c   g   c   c   c   c   g   g
    directory fifo      .   c   c   c   g   c   c   c   c   g   g
    directory links     .   c   c   c   g   c   c   c   c   g   g
    symlink   nothing   .   .   c   .   .   c   c   c   c   .   .
    symlink   file      .   .   c   .   g   c   c   c   c   g   g
    symlink   directory .   c   c   .   g   c   c   c   c   g   g
    symlink   symlink   .   .   c   .   g   c   c   c   c   g   g
    symlink   fifo      .   .   c   .   g   c   c   c   c   g   g
    symlink   links     .   .   c   .   g   c   c   c   c   g   g
    fifo      nothing   .   .   .   c   .   c   c   c   c   .   .
    fifo      file      .   .   .   c   g   c   c   c   c   g   g
    fifo      directory .   c   .   c   g   c   c   c   c   g   g
    fifo      symlink   .   .   .   c   g   c   c   c   c   g   g
    fifo      fifo      =   =   =   =   =   =   =   =   =   =   =
    fifo      links     .   .   .   c   g   c   c   c   c   g   g
    renamed   nothing   .   g   c   c   g   c   c   c   c   g   g
    renamed   file      .   cn  c   c   g   c   c   c   c   gp  gp
    renamed   directory .   c   c   c   g   c   c   c   c   g   g
    renamed   symlink   .   c   c   c   g   c   c   c   c   g   g
    renamed   fifo      .   c   c   c   g   c   c   c   c   g   g
    renamed   links     .   cn  c   c   g   c   c   c   c   gp  gp
    linked    nothing   .   .   c   c   .   c   c   c   c   .   .
    linked    file      .   .   c   c   g   c   c   c   c   g   g
    linked    directory .   c   c   c   g   c   c   c   c   g   g
    linked    symlink   .   .   c   c   g   c   c   c   c   g   g
    linked    fifo      .   .   c   c   g   c   c   c   c   g   g
    linked    links     .   .   c   c   g   c   c   c   c   g   g
    """
}
