import Linux

/// A project's repository: its references as files, and where its objects are.
struct GitDirectory: ~Copyable {
  /// Where HEAD is; with `git worktree` another place than the common one.
  private let own: OwnedDescriptor
  private let common: OwnedDescriptor

  private init(own: consuming OwnedDescriptor, common: consuming OwnedDescriptor) {
    self.own = own
    self.common = common
  }

  /// The repository right in a root.
  static func find(in root: Descriptor) throws -> GitDirectory {
    // Whatever hides it, there is none that could be written to.
    guard let status = try? root.status(of: ".git") else { throw GitError.noRepository }
    var path: ByteString = ".git"
    if status.kind != .directory {
      let line = try read(".git", in: root) ?? []
      guard line.starts(with: "gitdir: ".utf8) else { throw GitError.noRepository }
      path = ByteString(firstLine(line).dropFirst(8))
    }
    let own = try open(path, in: root)
    let shared = try read("commondir", in: own.borrowed).map { ByteString(firstLine($0)) }
    let common = try open(shared ?? ".", in: own.borrowed)
    if try has("reftable", in: common.borrowed) {
      throw GitError.unsupported("it keeps its references in a reftable")
    }
    return GitDirectory(own: own, common: common)
  }

  var descriptor: Descriptor { common.borrowed }

  /// The directory of the objects.
  func objects() throws -> OwnedDescriptor { try Self.open("objects", in: common.borrowed) }

  /// The commit that is checked out; nil before the first.
  func head() throws -> GitID? {
    guard let head = try Self.read("HEAD", in: own.borrowed) else {
      throw GitError.damaged("it has no HEAD")
    }
    var line = Self.firstLine(head)
    // A symbolic reference may lead to another; git follows five.
    for _ in 0..<5 {
      guard line.starts(with: "ref: ".utf8) else { return try Self.id(line) }
      let name = ByteString(line.dropFirst(5))
      guard let loose = try Self.read(name, in: common.borrowed) else {
        return try packed()[name].map { line in try Self.id(line) }
      }
      line = Self.firstLine(loose)
    }
    throw GitError.damaged("HEAD leads in a circle")
  }

  private static func id(_ text: [UInt8]) throws(GitError) -> GitID {
    if text.count == 64 { throw .unsupported("its objects are named by SHA-256") }
    guard let id = GitID(hexadecimal: text) else { throw .damaged("HEAD is no commit's name") }
    return id
  }

  /// The references that were packed into one file, with their ids in digits.
  private func packed() throws -> [ByteString: [UInt8]] {
    var found: [ByteString: [UInt8]] = [:]
    for line in (try Self.read("packed-refs", in: common.borrowed) ?? []).split(separator: 0x0A) {
      guard line.first != UInt8(ascii: "#"), line.first != UInt8(ascii: "^"),
        let blank = line.firstIndex(of: 0x20)
      else { continue }
      found[ByteString(line[(blank + 1)...])] = Array(line[..<blank])
    }
    return found
  }

  /// Makes a new branch, by the lock file that every git respects.
  func makeBranch(_ name: String, at id: GitID) throws {
    guard Self.isBranchName(name) else { throw GitError.badBranch(name) }
    let path = ByteString("refs/heads/" + name)
    for known in try packed().keys where known.isWithin(path) || path.isWithin(known) {
      throw GitError.branchExists(name)
    }
    do throws(Errno) {
      var above = ByteString([])
      for part in path.parent.components {
        above = above.appending(part)
        do { try common.borrowed.makeDirectory(above, mode: 0o777) } catch .exists {
          // Made before, or a branch whose name is the beginning of this one: then below fails.
        }
      }
      let place = try common.borrowed.open(beneath: path.parent, [.directory])
      let last = path.lastComponent
      let lock = ByteString(last.bytes + ".lock".utf8)
      let file = try place.borrowed.open(lock, [.writeOnly, .create, .exclusive], mode: 0o666)
      do throws(Errno) {
        try file.borrowed.write(Array((id.text + "\n").utf8))
        try file.borrowed.synchronize()
        try place.borrowed.rename(lock, to: place.borrowed, last, .noReplace)
        try place.borrowed.synchronize()
      } catch {
        // The first failure is what matters.
        try? place.borrowed.remove(lock)
        throw error
      }
    } catch {
      switch error {
      case .exists, .notDirectory, .isDirectory, .notEmpty: throw GitError.branchExists(name)
      default: throw SystemError("make branch", path, error)
      }
    }
  }

  /// The rules of git-check-ref-format(1).
  static func isBranchName(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let forbidden = Array(" ~^:?*[\\".utf8) + [0x7F]
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return bytes.count < 200 && !bytes.contains { $0 < 0x20 || forbidden.contains($0) }
      && !name.contains("..") && !name.contains("@{") && name != "@" && name != "HEAD"
      && !name.hasSuffix(".") && !name.hasPrefix("-")
      && parts.allSatisfy {
        !$0.isEmpty && $0.first != UInt8(ascii: ".")
          && !Array($0).suffix(5).elementsEqual(".lock".utf8)
      }
  }

  private static func open(_ path: ByteString, in directory: Descriptor) throws -> OwnedDescriptor {
    try attempt("open the repository's directory", path) { () throws(Errno) in
      try directory.open(path, [.directory])
    }
  }

  private static func has(_ name: ByteString, in directory: Descriptor) throws -> Bool {
    do throws(Errno) {
      _ = try directory.status(of: name)
      return true
    } catch .noEntry { return false } catch { throw SystemError("look at", name, error) }
  }

  static func read(_ name: ByteString, in directory: Descriptor) throws -> [UInt8]? {
    do throws(Errno) {
      let file = try directory.open(name, [.nonBlocking])
      guard try file.borrowed.status().kind == .regular else { return nil }
      return try file.borrowed.readAll(limit: 1 << 28)
    } catch {
      if error == .noEntry || error == .notDirectory { return nil }
      throw SystemError("read the repository's file", name, error)
    }
  }

  private static func firstLine(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.prefix { $0 != 0x0A }) }
}
