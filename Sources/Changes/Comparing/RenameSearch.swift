import Linux

/// Which new files are old ones under another name: what git looks for with -M.
///
/// What the session renamed needs no search; this finds what was written anew elsewhere.
package struct RenameSearch: Sendable {
  /// How alike two files must be, in percent; nil: nothing is looked for.
  package var percent: Int? = 50
  /// Up to how many files on either side are compared each with each.
  package var limit = 1000

  /// What git does by itself.
  package init() {}

  /// The least score, of `Similarity.most`.
  fileprivate var minimum: Int { (percent ?? 100) * Similarity.most / 100 }
}

/// Files of which some were paired.
package struct PairedFiles {
  package fileprivate(set) var files: [FileChange]
  /// How many old and new files were too many to be compared by content; nil: none were.
  package fileprivate(set) var skipped: (old: Int, new: Int)?
}

extension Plan {
  /// Every changed file, with what a search for renames found.
  package func files(_ contents: ContentReader, finding search: RenameSearch) throws -> PairedFiles
  {
    var found = PairedFiles(files: [])
    try forEachFile(contents) { found.files.append($0) }
    guard search.percent != nil else { return found }
    var pairing = RenamePairing(found.files, contents, search)
    try pairing.run()
    found.skipped = pairing.skipped
    found.files = pairing.paired()
    return found
  }
}

/// A search while it goes on.
private struct RenamePairing {
  let files: [FileChange]
  let contents: ContentReader
  let search: RenameSearch
  private var old: [Int]
  private var new: [Int]
  private var pairs: [Int: (from: Int, isSame: Bool)] = [:]
  private var isPaired: [Bool]
  private var known: [Int: Similarity] = [:]
  private(set) var skipped: (old: Int, new: Int)?

  init(_ files: [FileChange], _ contents: ContentReader, _ search: RenameSearch) {
    (self.files, self.contents, self.search) = (files, contents, search)
    isPaired = Array(repeating: false, count: files.count)
    let retyped = Set(files.filter { $0.newPath == nil }.compactMap(\.oldPath))
      .intersection(files.filter { $0.oldPath == nil }.compactMap(\.newPath))
    old = files.indices.filter { files[$0].newPath == nil && !retyped.contains(files[$0].path) }
    new = files.indices.filter { files[$0].oldPath == nil && !retyped.contains(files[$0].path) }
  }

  mutating func run() throws {
    guard !old.isEmpty, !new.isEmpty else { return }
    try pairSame()
    guard let percent = search.percent, percent < 100 else { return }
    keepRegular()
    try pairByName()
    guard !old.isEmpty, !new.isEmpty else { return }
    // As git: the number of comparisons is bounded, not that of either side.
    guard old.count * new.count <= search.limit * search.limit else {
      skipped = (old.count, new.count)
      return
    }
    try pairAlike()
  }

  private mutating func pair(_ from: Int, _ to: Int, isSame: Bool) {
    pairs[to] = (from, isSame)
    (isPaired[from], isPaired[to]) = (true, true)
  }

  /// What is paired is not looked at again.
  private mutating func leavePaired() {
    old.removeAll { isPaired[$0] }
    new.removeAll { isPaired[$0] }
  }

  /// Files that are equal, those of the same name first.
  private mutating func pairSame() throws {
    let twins = TwinSearch(
      hash: { [files, contents] index, limit in
        let file = files[index]
        return file.newPath == nil
          ? try contents.hash(file.oldContent, size: min(file.oldSize, limit))
          : try contents.hash(file.newContent, size: min(file.newSize, limit))
      },
      areEqual: { [files, contents] from, to in
        try contents.areEqual(
          files[from].oldContent, files[to].newContent, size: files[to].newSize)
      })
    let (goers, comers) = (
      old.map { TwinSearch.File($0, files[$0], files[$0].old?.kind, files[$0].oldSize) },
      new.map { TwinSearch.File($0, files[$0], files[$0].new?.kind, files[$0].newSize) }
    )
    for (from, to) in try twins.pairs(goers, comers) { pair(from, to, isSame: true) }
    leavePaired()
  }

  private func isNamesake(_ from: Int, _ to: Int) -> Bool {
    files[from].path.lastComponent == files[to].path.lastComponent
  }

  /// Only files' contents are estimated; symlinks are the same or are not.
  private mutating func keepRegular() {
    old.removeAll { files[$0].old?.kind != .regular || files[$0].oldSize > FileDiff.memoryLimit }
    new.removeAll { files[$0].new?.kind != .regular || files[$0].newSize > FileDiff.memoryLimit }
  }

  /// A name that goes in one directory and comes in another is most likely one file.
  private mutating func pairByName() throws {
    let least = search.minimum + (Similarity.most - search.minimum) / 2
    let names = Dictionary(grouping: old) { files[$0].path.lastComponent }
    let comers = Dictionary(grouping: new) { files[$0].path.lastComponent }
    for to in new {
      let name = files[to].path.lastComponent
      guard comers[name]?.count == 1, let goers = names[name], goers.count == 1 else { continue }
      if try score(goers[0], to, least: least) >= least { pair(goers[0], to, isSame: false) }
    }
    leavePaired()
  }

  private mutating func pairAlike() throws {
    var found: [(score: Int, isNamesake: Bool, from: Int, to: Int)] = []
    for to in new {
      for from in old {
        let score = try score(from, to, least: search.minimum)
        if score >= search.minimum {
          found.append((score, isNamesake(from, to), from, to))
        }
      }
    }
    found.sort {
      ($1.score, $1.isNamesake ? 1 : 0, $0.to, $0.from)
        < ($0.score, $0.isNamesake ? 1 : 0, $1.to, $1.from)
    }
    for match in found where !isPaired[match.from] && !isPaired[match.to] {
      pair(match.from, match.to, isSame: false)
    }
  }

  private mutating func score(_ from: Int, _ to: Int, least: Int) throws -> Int {
    if Similarity.isHopeless(files[from].oldSize, files[to].newSize, least: least) { return 0 }
    return try similarity(of: from).score(in: similarity(of: to))
  }

  private mutating func similarity(of index: Int) throws -> Similarity {
    if let similarity = known[index] { return similarity }
    let file = files[index]
    let bytes =
      file.newPath == nil
      ? try contents.bytes(file.oldContent, size: file.oldSize)
      : try contents.bytes(file.newContent, size: file.newSize)
    let similarity = Similarity(bytes)
    known[index] = similarity
    return similarity
  }

  /// The files with each pair in the place of what came.
  func paired() -> [FileChange] {
    let gone = Set(pairs.values.map(\.from))
    return files.indices.filter { !gone.contains($0) }.map { index in
      var file = files[index]
      guard let pair = pairs[index] else { return file }
      file.oldPath = files[pair.from].oldPath
      file.old = files[pair.from].old
      file.oldContent = files[pair.from].oldContent
      file.isSameContent = pair.isSame
      return file
    }
  }
}
