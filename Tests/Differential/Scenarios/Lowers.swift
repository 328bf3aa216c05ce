import CLinux
import Glibc
import Harness
import Linux

extension Descriptor {
  func put(_ bytes: [UInt8], at offset: Int64) throws(Errno) {
    try bytes.withUnsafeBufferPointer { bytes throws(Errno) in
      try write(UnsafeRawBufferPointer(bytes), at: offset)
    }
  }
}

// Lowers that are more than one quiet directory.
extension Scenario {
  static let lowers: [Scenario] = [
    Scenario("between two roots nothing is renamed or linked, and each keeps what it got") {
      try twoRoots($0)
    },
    Scenario("what is mounted below a root is shown, changed in the session and left alone") {
      try subMount($0)
    },
    Scenario("a lower that fails to read is EIO for who reads it, and harms nobody else") {
      try brokenDisk($0)
    },
    Scenario("a lower that may not be read is EACCES, and nothing is torn") { try unreadable($0) },
    Scenario("a keeper that has no descriptors left gets on with those it has") {
      try noDescriptors($0)
    },
    Scenario("half a copy gives back the space that it could not get enough of") {
      try halfACopy($0)
    },
    Scenario("a limit counts what every step holds, and holes count nothing") {
      try countedSteps($0)
    },
    hostEdits("whatever the host edits shows inside within a second", watchLimit: 16_384),
    hostEdits("what is not watched shows within a second as well", watchLimit: 0),
  ]

  private static func open(_ path: ByteString) throws(Errno) -> OwnedDescriptor {
    try Descriptor.currentDirectory.open(path, [.directory])
  }

  /// What a call fails with; nil: it does not.
  private static func failure(_ body: () throws(Errno) -> Void) -> Errno? {
    do throws(Errno) { try body() } catch { return error }
    return nil
  }

  private static func twoRoots(_ place: Workspace) throws -> String? {
    try Descriptor.currentDirectory.makeDirectory(place.second, mode: 0o755)
    for (path, name, seed) in [(place.lower, "one", UInt64(0)), (place.second, "two", 1)] {
      let lower = try open(path)
      try make(lower.borrowed, name, pattern(seed, 5000))
    }
    try Workspace.enterNamespace()
    let view = try View(place)
    do {
      let first = try view.root()
      let second = try open(place.target.appending("2"))
      let renaming = failure { () throws(Errno) in
        try first.borrowed.rename("one", to: second.borrowed, "one")
      }
      let linking = failure { () throws(Errno) in
        try check { linkat(first.raw, "one", second.raw, "one", 0) }
      }
      guard renaming == .crossDevice, linking == .crossDevice else {
        return "rename: \(String(describing: renaming)), link: \(String(describing: linking))"
      }
      try make(first.borrowed, "new", pattern(7, 70_000))
      try second.borrowed.rename("two", to: second.borrowed, "renamed")
      try make(second.borrowed, "new", pattern(8, 70_000))
    }
    try view.remount()
    let first = try view.root()
    let second = try open(place.target.appending("2"))
    let names = try second.borrowed.entryNames().sorted()
    guard names == ["new", "renamed"] else { return "names of the second root: \(names)" }
    let isRight =
      try read(first.borrowed, "new") == pattern(7, 70_000)
      && read(second.borrowed, "new") == pattern(8, 70_000)
      && read(second.borrowed, "renamed") == pattern(1, 5000)
    return isRight ? nil : "a content is wrong"
  }

  private static func subMount(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    try lower.borrowed.makeDirectory("sub", mode: 0o755)
    try make(lower.borrowed, "beside", pattern(1, 100))
    try Workspace.enterNamespace()
    let path = place.lower.appending("sub")
    try path.withCString { path throws(Errno) in
      _ = try check { Glibc.mount("none", path, "tmpfs", 0, "size=8m,mode=755") }
    }
    let mounted = try open(path)
    try mounted.borrowed.makeDirectory("d", mode: 0o755)
    try make(mounted.borrowed, "d/f", pattern(2, 9000))
    let view = try View(place)
    do {
      let root = try view.root()
      let inside = try root.borrowed.open("sub/d", [.directory])
      let names = try inside.borrowed.entryNames()
      guard names == ["f"] else { return "below the mount: \(names)" }
      let (top, inner) = (try root.borrowed.status(), try root.borrowed.status(of: "sub/d/f"))
      guard top.device == inner.device else { return "st_dev is not constant" }
      guard inner.inode != (try root.borrowed.status(of: "beside")).inode else {
        return "two files share an inode number"
      }
      try make(root.borrowed, "sub/d/f", pattern(3, 5))
      try root.borrowed.rename("sub/d", to: root.borrowed, "moved")
      try root.borrowed.rename("beside", to: root.borrowed, "sub/beside")
    }
    try view.remount()
    let root = try view.root()
    guard try read(root.borrowed, "moved/f") == pattern(3, 5),
      try read(root.borrowed, "sub/beside") == pattern(1, 100)
    else { return "a content is wrong after the remount" }
    return try read(mounted.borrowed, "d/f") == pattern(2, 9000) ? nil : "the host was written"
  }

  /// A disk image that loses its end: what lies there can't be read any more.
  private static func brokenDisk(_ place: Workspace) throws -> String? {
    guard Process.user == 0 else { return nil }
    try Workspace.enterNamespace()
    let image = place.path.appending("image").printable
    try shell("truncate -s 32M '\(image)'; mkfs.ext4 -q -O ^has_journal '\(image)'", place)
    try shell("mount -o loop '\(image)' '\(place.lower.printable)'", place)
    let lower = try open(place.lower)
    try make(lower.borrowed, "good", pattern(1, 40_000))
    // Larger than what is left of the image.
    try make(lower.borrowed, "bad", pattern(2, 20 << 20))
    try shell(
      "sync; truncate -s 12M '\(image)'; echo 3 > /proc/sys/vm/drop_caches", place)
    let bad = try lower.borrowed.open("bad", [])
    let lost = stride(from: Int64(0), to: 20 << 20, by: 4096).first { at in
      var byte: UInt8 = 0
      return pread(bad.raw, &byte, 1, off_t(at)) < 0
    }
    guard let lost else { return "the image lost nothing" }
    let view = try View(place)
    let root = try view.root()
    let reading = failure { () throws(Errno) in _ = try read(root.borrowed, "bad") }
    guard reading == .io else { return "reading: \(String(describing: reading))" }
    let writing = failure { () throws(Errno) in
      let file = try root.borrowed.open("bad", [.readWrite])
      try file.borrowed.put([1], at: lost + 100)
      try file.borrowed.synchronize()
    }
    guard writing == .io else { return "writing into a block: \(String(describing: writing))" }
    try make(root.borrowed, "new", pattern(3, 1000))
    try root.borrowed.rename("bad", to: root.borrowed, "renamed")
    guard try read(root.borrowed, "good") == pattern(1, 40_000) else { return "'good' is wrong" }
    return try read(root.borrowed, "new") == pattern(3, 1000) ? nil : "'new' is wrong"
  }

  /// Files that the keeper's user may not read, seen by a user who is shown them as readable.
  private static func unreadable(_ place: Workspace) throws -> String? {
    guard Process.user != 0 else { return nil }
    let lower = try open(place.lower)
    try make(lower.borrowed, "secret", pattern(1, 5000))
    try Workspace.enterNamespace()
    let view = try View(place)
    let root = try view.root()
    let opened = try root.borrowed.open("secret", [.readWrite])
    try check { fchmodat(lower.raw, "secret", 0, 0) }
    let reading = failure { () throws(Errno) in _ = try opened.borrowed.readAll(limit: 1 << 20) }
    guard reading == .accessDenied else { return "reading: \(String(describing: reading))" }
    let writing = failure { () throws(Errno) in
      try opened.borrowed.put([1], at: 0)
      try opened.borrowed.synchronize()
    }
    guard writing == .accessDenied else { return "writing: \(String(describing: writing))" }
    try check { fchmodat(lower.raw, "secret", 0o644, 0) }
    let again = try view.root()
    try make(again.borrowed, "new", pattern(2, 10))
    return try read(again.borrowed, "new") == pattern(2, 10) ? nil : "'new' is wrong"
  }

  private static func noDescriptors(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    for index in 0..<200 {
      try lower.borrowed.makeDirectory(ByteString("d\(index)"), mode: 0o755)
      try make(lower.borrowed, "d\(index)/f", pattern(UInt64(index), 1000))
    }
    try Workspace.enterNamespace()
    // The caches are sized for what there was when the server began.
    let view = try View(place)
    let root = try view.root()
    for index in 0..<200 { _ = try read(root.borrowed, "d\(index)/f") }
    var limit = rlimit(rlim_cur: 72, rlim_max: 72)
    try check { prlimit(view.server, __rlimit_resource(RLIMIT_NOFILE.rawValue), &limit, nil) }
    for index in 0..<200 {
      if try read(root.borrowed, "d\(index)/f") != pattern(UInt64(index), 1000) {
        return "d\(index)/f is wrong"
      }
      try make(root.borrowed, "d\(index)/f", pattern(UInt64(index + 1), 1000))
      try root.borrowed.rename(
        ByteString("d\(index)"), to: root.borrowed, ByteString("e\(index)"))
    }
    return nil
  }

  private static func halfACopy(_ place: Workspace) throws -> String? {
    let lower = try open(place.lower)
    for index in 0..<40 { try make(lower.borrowed, "l\(index)", pattern(UInt64(index), 3_500_000)) }
    try Workspace.enterNamespace()
    try place.limitStore(to: 24 << 20)
    let view = try View(place)
    let root = try view.root()
    var changed = 0
    for index in 0..<40 {
      let refused = failure { () throws(Errno) in
        let file = try root.borrowed.open(ByteString("l\(index)"), [.readWrite])
        try file.borrowed.put([1], at: 0)
        try file.borrowed.synchronize()
      }
      if refused == nil {
        changed += 1
      } else if refused != Errno.noSpace {
        return "\(refused as Any)"
      }
    }
    // Thirty-five copies that failed have not taken the place of a small file.
    guard changed > 2 else { return "only \(changed) files were changed" }
    _ = try view.boundary()
    try make(root.borrowed, "small", pattern(9, 100_000))
    let file = try root.borrowed.open("small", [])
    try file.borrowed.synchronize()
    return try read(root.borrowed, "l39").dropFirst() == pattern(39, 3_500_000).dropFirst()
      ? nil : "'l39' is torn"
  }

  private static func countedSteps(_ place: Workspace) throws -> String? {
    try Workspace.enterNamespace()
    let view = try View(place) { $0.maximumSize = 1 << 20 }
    let root = try view.root()
    let sparse = try root.borrowed.open("sparse", [.create, .readWrite], mode: 0o644)
    try sparse.borrowed.truncate(to: 100 << 20)
    try sparse.borrowed.put(pattern(1, 4096), at: 50 << 20)
    try sparse.borrowed.synchronize()
    // The same file again and again: each step keeps its own, until there is no room.
    for step in 0..<5 {
      let refused = failure { () throws(Errno) in
        let file = try root.borrowed.open("f", [.create, .truncate, .writeOnly], mode: 0o644)
        try file.borrowed.write(pattern(UInt64(step), 400_000))
        try file.borrowed.synchronize()
      }
      if step < 2, refused != nil { return "step \(step) was refused: \(refused as Any)" }
      if step > 2, refused != .noSpace { return "step \(step): \(refused as Any)" }
      _ = try view.boundary()
    }
    var space = statvfs()
    try check { fstatvfs(root.raw, &space) }
    guard space.f_blocks * space.f_frsize <= 1 << 20 else { return "statfs knows of no limit" }
    return nil
  }

  private static func shell(_ script: String, _ place: Workspace) throws {
    let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]
    let ended = try Command(["sh", "-euc", script], in: "/", environment: environment).run()
    guard ended.status == 0 else {
      throw SystemError("\(script): \(ended.text)\(ended.complaint)", nil, .io)
    }
  }

  private static func hostEdits(_ name: String, watchLimit: Int) -> Scenario {
    Scenario(name) { try python(hostScript, at: $0) { $0.watchLimit = watchLimit } }
  }

  /// Edits in the lower what was looked at in the view; a change must show within 1.5 seconds.
  private static let hostScript = """
    import errno, mmap, os, shutil, stat, sys, time
    low, view = sys.argv[1:]
    L = lambda path: os.path.join(low, path)
    V = lambda path: os.path.join(view, path)
    def write(path, text, mode='w'):
      with open(path, mode) as file: file.write(text)
    def read(path):
      with open(path) as file: return file.read()
    def shows(what, holds):
      end, last = time.time() + 1.5, None
      while time.time() < end:
        try:
          if holds(): return
        except OSError as error: last = error
        time.sleep(0.01)
      sys.exit('%s does not show: %s' % (what, last))
    os.makedirs(L('d/e')); write(L('d/f'), 'one'); write(L('d/e/g'), 'g1')
    write(L('top'), 't'); os.symlink('x', L('d/s')); write(L('m'), 'm')
    shows('the first tree', lambda: read(V('d/e/g')) == 'g1' and read(V('m')) == 'm')
    list(os.walk(view)); read(V('d/f')); os.readlink(V('d/s')); os.path.exists(V('d/none'))
    write(L('d/f'), 'two longer'); shows('growing', lambda: read(V('d/f')) == 'two longer')
    write(L('d/f'), 's'); shows('shrinking', lambda: read(V('d/f')) == 's')
    write(L('d/f'), 'xx', 'a'); shows('appending', lambda: read(V('d/f')) == 'sxx')
    write(L('d/none'), 'n'); shows('a name that was absent', lambda: read(V('d/none')) == 'n')
    shows('it in the listing', lambda: 'none' in os.listdir(V('d')))
    os.rename(L('d/none'), L('d/e/moved'))
    shows('a moved file', lambda: read(V('d/e/moved')) == 'n' and not os.path.exists(V('d/none')))
    os.unlink(L('d/e/moved')); shows('a removal', lambda: 'moved' not in os.listdir(V('d/e')))
    os.chmod(L('d/f'), 0o640); os.utime(L('d/f'), (5, 6)); os.setxattr(L('d/f'), 'user.q', b'1')
    shows('a mode', lambda: stat.S_IMODE(os.stat(V('d/f')).st_mode) == 0o640)
    shows('a time', lambda: os.stat(V('d/f')).st_mtime == 6)
    shows('an attribute', lambda: os.getxattr(V('d/f'), 'user.q') == b'1')
    write(L('l1'), 'l'); os.link(L('l1'), L('d/l2')); os.mkdir(L('u')); os.link(L('l1'), L('u/l3'))
    shows('a file of three names', lambda: read(V('l1')) == read(V('d/l2')) == 'l')
    time.sleep(0.6); read(V('l1')); read(V('d/l2')); write(L('u/l3'), ' more', 'a')
    shows('an edit by a name nobody looked at', lambda: read(V('l1')) == read(V('d/l2')) == 'l more')
    os.chmod(V('l1'), 0o600); write(L('u/l3'), ' again', 'a')
    shows('one of what has another mode', lambda: read(V('l1')) == read(V('d/l2')) == 'l more again')
    time.sleep(0.6); read(V('d/f'))
    with open(L('d/f'), 'r+b') as file:
      with mmap.mmap(file.fileno(), 3) as mapped: mapped[0:3] = b'map'
    shows('an edit through a mapping', lambda: read(V('d/f')) == 'map')
    os.unlink(L('d/s')); os.symlink('yy', L('d/s'))
    shows('a symlink', lambda: os.readlink(V('d/s')) == 'yy')
    os.rename(L('d/e'), L('d/e2')); shows('a renamed directory', lambda: read(V('d/e2/g')) == 'g1')
    write(L('d/e2/g'), 'g2'); shows('an edit below it', lambda: read(V('d/e2/g')) == 'g2')
    os.rename(L('d/e2'), L('away')); os.mkdir(L('d/e2')); write(L('d/e2/g'), 'other')
    shows('a replaced directory', lambda: read(V('d/e2/g')) == 'other')
    write(L('away/g'), 'g3'); shows('an edit where it went', lambda: read(V('away/g')) == 'g3')
    os.unlink(L('m')); os.mkdir(L('m')); write(L('m/x'), 'q')
    shows('a directory for a file', lambda: read(V('m/x')) == 'q')
    shutil.rmtree(L('m')); write(L('m'), 'file')
    shows('a file for a directory', lambda: read(V('m')) == 'file')
    os.mkdir(L('r')); write(L('r/a'), '1'); shows('a new directory', lambda: read(V('r/a')) == '1')
    os.rename(V('r'), V('r9')); write(L('r/a'), '2'); write(L('r/b'), 'b')
    shows('an edit below what was renamed inside', lambda: read(V('r9/a')) == '2')
    shows('a name below what was renamed inside', lambda: read(V('r9/b')) == 'b')
    write(V('top'), 'mine'); write(V('d/mine'), 'm'); os.unlink(V('m'))
    write(L('top'), 'theirs'); write(L('d/mine'), 'theirs'); write(L('d/theirs'), 't')
    os.unlink(L('m')); write(L('m'), 'again')
    shows('a name beside ours', lambda: read(V('d/theirs')) == 't')
    time.sleep(1.1)
    assert read(V('top')) == 'mine' and read(V('d/mine')) == 'm' and not os.path.exists(V('m'))
    write(L('big'), 'A' * 3000000); shows('a large file', lambda: len(read(V('big'))) == 3000000)
    with open(V('big')) as file:
      start = file.read(1000)
      write(L('big.new'), 'B' * 3000000); os.rename(L('big.new'), L('big'))
      try: assert set(start + file.read()) == {'A'}, 'torn'
      except OSError: pass
    shows('a replaced file', lambda: set(read(V('big'))) == {'B'})
    for name in 'pqw': write(L(name), 'one')
    write(L('h'), 'x' * 5000000)
    shows('four files', lambda: len(read(V('h'))) == 5000000 and read(V('w')) == 'one')
    os.chmod(V('p'), 0o700); os.chmod(V('h'), 0o700); os.rename(V('q'), V('q2'))
    for text in ('longer than one', 's'):
      write(L('p'), text); write(L('q'), text)
      shows('an edit of what has another mode', lambda: read(V('p')) == text)
      shows('an edit of what has another name', lambda: read(V('q2')) == text)
    write(L('p.new'), 'replaced'); os.rename(L('p.new'), L('p'))
    shows('another file of what has another mode', lambda: read(V('p')) == 'replaced')
    write(V('p'), ' mine', 'a'); assert read(V('p')) == 'replaced mine'
    assert stat.S_IMODE(os.stat(V('p')).st_mode) == 0o700
    write(L('h'), 'y' * 5000001); shows('a large one', lambda: read(V('h')) == 'y' * 5000001)
    write(V('h'), 'z', 'a'); assert read(V('h')) == 'y' * 5000001 + 'z'
    file = os.open(V('w'), os.O_RDWR); write(L('w'), 'edited on the host')
    try:
      os.write(file, b'inside'); os.fsync(file); sys.exit('a file that is no more was written')
    except OSError as error: assert error.errno == errno.ESTALE, error
    try: os.close(file)
    except OSError as error: assert error.errno == errno.ESTALE, error
    shows('all of an edit', lambda: read(V('w')) == 'edited on the host')
    """
}
