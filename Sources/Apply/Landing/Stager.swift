import Changes
import Glibc
import Linux
import Store

/// Makes in the stages what will be put in place: content, attributes and times.
struct Stager {
  let stages: Stages
  let contents: ContentReader
  /// What the project's file system refused to keep, a sentence each.
  var refusals: [String] = []
  /// Directories get their times when everything is in them.
  private var times: [(Schedule.Location, Timestamp)] = []
  /// The directory of the last item, for the next one in it.
  private var lastFolder: (slot: Slot, path: ByteString, folder: OpenFile)?
  /// Whether what is made may get access lists from a directory above it.
  private var inherits = false

  /// Files up to this size are copied through memory: asking for extents would cost more.
  static let smallSize = 1 << 16

  init(stages: Stages, contents: ContentReader) {
    self.stages = stages
    self.contents = contents
  }

  /// Makes every item; parents come before what they hold, and files before their further names.
  mutating func make(
    _ schedule: Schedule, isCancelled: () -> Bool, progress: (Int) -> Void = { _ in }
  ) throws {
    inherits = try hasInheritance(schedule)
    let plain = inherits ? [] : schedule.items.filter(\.isPlain)
    let others = inherits ? schedule.items : schedule.items.filter { !$0.isPlain }
    let (links, first) = (others.filter(\.isLink), others.filter { !$0.isLink })
    var count = 0
    func make(_ items: [Schedule.Item]) throws {
      for item in items {
        if isCancelled() { throw Cancellation() }
        progress(count)
        try self.make(item)
        count += 1
      }
    }
    try make(first)
    try makePlain(plain, isCancelled: isCancelled) { progress(first.count + $0) }
    count += plain.count
    try make(links)
    for (location, time) in times.reversed() {
      let parent = try folder(of: location)
      try attempt("set the time of a new directory") { () throws(Errno) in
        try parent.borrowed.setTimes(of: name(of: location), accessed: nil, modified: time)
      }
    }
    try synchronize(schedule)
  }

  /// Many files are cheaper to make durable together.
  private static let fewItems = 16

  private mutating func synchronize(_ schedule: Schedule) throws {
    if schedule.items.count > Self.fewItems { return try synchronizeFileSystems() }
    var files: [OpenFile] = []
    var folders: [ByteString: OpenFile] = [:]
    for item in schedule.items {
      let parent = try folder(of: item.location)
      let name = name(of: item.location)
      try attempt("look at what is to be applied") { () throws(Errno) in
        switch try parent.borrowed.status(of: name).kind {
        case .regular:
          files.append(OpenFile(try parent.borrowed.open(name, [.noFollow, .nonBlocking])))
        case .directory:
          folders[folderKey(item.location).appending(name)] = OpenFile(
            try parent.borrowed.open(name, [.directory, .noFollow]))
        default: break
        }
      }
      folders[folderKey(item.location)] = parent
    }
    try attempt("write what is to be applied to the disk") { () throws(Errno) in
      // All of it is on its way before the first is waited for: one commit serves all.
      for file in files { try file.borrowed.startWriting() }
      for file in files { try file.borrowed.synchronize() }
      for folder in folders.values { try folder.borrowed.synchronize() }
      try stages.synchronize()
      for path in stages.paths {
        let parent = try stages.root.open(beneath: path.parent, [.directory])
        try parent.borrowed.synchronize()
      }
    }
  }

  /// Tells the directories of items apart.
  private func folderKey(_ location: Schedule.Location) -> ByteString {
    let stage = ByteString(String(location.slot.stage))
    return location.inner.isEmpty
      ? stage : stage.appending(location.slot.name).appending(location.inner.parent)
  }

  private func synchronizeFileSystems() throws {
    try attempt("write what is to be applied to the disk") { () throws(Errno) in
      for (index, path) in stages.paths.enumerated() where !path.isEmpty {
        try stages.folder(Slot(stage: index, number: 0)).synchronizeFileSystem()
      }
    }
  }

  /// Whether a stage or anything that is made hands an access list down.
  private func hasInheritance(_ schedule: Schedule) throws -> Bool {
    let name = ByteString("system.posix_acl_default")
    for item in schedule.items {
      if case .new(let change) = item.source, change.new?.attributes?[name] != nil { return true }
    }
    return try attempt("read the access list of an apply's directory") { () throws(Errno) in
      for index in stages.paths.indices {
        let folder = try stages.folder(Slot(stage: index, number: 0))
        if try folder.ownAttributes()[name] != nil { return true }
      }
      return false
    }
  }

  private mutating func folder(of location: Schedule.Location) throws -> OpenFile {
    let path =
      location.inner.isEmpty
      ? ByteString([]) : location.slot.name.appending(location.inner.parent)
    if let last = lastFolder, last.slot.stage == location.slot.stage, last.path == path {
      return last.folder
    }
    let opened = try attempt("open a directory that is to be applied") { () throws(Errno) in
      let folder = try stages.folder(location.slot)
      if path.isEmpty { return OpenFile(try folder.open(".", [.directory])) }
      return OpenFile(try folder.open(beneath: path, [.directory]))
    }
    lastFolder = (location.slot, path, opened)
    return opened
  }

  private func name(of location: Schedule.Location) -> ByteString {
    location.inner.isEmpty ? location.slot.name : location.inner.lastComponent
  }

  mutating func make(_ item: Schedule.Item) throws {
    let (parent, name) = (try folder(of: item.location), name(of: item.location))
    switch item.source {
    case .new(let change): try make(change, in: parent.borrowed, name, item.location)
    case .linkToItem(let location):
      let source = try folder(of: location)
      try attempt("link a file that is to be applied") { () throws(Errno) in
        try source.borrowed.link(self.name(of: location), to: parent.borrowed, name)
      }
    case .linkToProject(let path):
      try attempt("link", path) { () throws(Errno) in
        let source = try stages.root.open(beneath: path.parent, [.directory, .path])
        try source.borrowed.link(path.lastComponent, to: parent.borrowed, name)
      }
    case .oldContent(let path):
      let source = try contents.lower.open(path)
      try attempt("keep the content of", path) { () throws(Errno) in
        let status = try source.borrowed.status()
        let kept = try parent.borrowed.open(name, [.readWrite, .create, .exclusive], mode: 0o600)
        try kept.borrowed.copyContent(from: source.borrowed, size: status.size)
        try kept.borrowed.setTimes(accessed: nil, modified: status.modified)
      }
    }
  }

  private mutating func make(
    _ change: Change, in parent: Descriptor, _ name: ByteString, _ location: Schedule.Location
  ) throws {
    guard let new = change.new else { return }
    switch new.kind {
    case .regular:
      let made = try attempt("make", change.path) { () throws(Errno) in
        try parent.open(name, [.readWrite, .create, .exclusive, .noFollow], mode: 0o600)
      }
      try fill(made.borrowed, with: change.newContent, size: new.size)
      if !inherits, try describe(made.borrowed, change, new) { return }
    case .directory:
      try attempt("make the directory", change.path) { () throws(Errno) in
        try parent.makeDirectory(name)
      }
      times.append((location, new.modified))
    case .symlink:
      try attempt("make the symlink", change.path) { () throws(Errno) in
        try parent.makeSymlink(name, to: new.target ?? ByteString([]))
      }
    case .fifo, .socket, .characterDevice, .blockDevice:
      try attempt("make the \(new.kind.words)", change.path) { () throws(Errno) in
        try parent.makeNode(name, mode: new.kind.modeBits | 0o600, device: dev_t(new.device))
      }
    }
    try describe(change, new, in: parent, name)
  }

  /// Writes a content into a new file.
  private func fill(_ file: Descriptor, with content: Content, size: Int64) throws {
    guard size > 0 else { return }
    guard size <= Self.smallSize, case .object = content else {
      return try contents.open(content, size: size).copy(to: file)
    }
    let opened = try contents.open(content, size: size)
    try withUnsafeTemporaryAllocation(byteCount: Int(size), alignment: 16) { room in
      let count = try opened.read(into: room, at: 0)
      try attempt("copy a file's content") { () throws(Errno) in
        try file.write(UnsafeRawBufferPointer(rebasing: room[..<count]))
      }
    }
  }

  /// Describes a new file by its descriptor, where nothing but owner, mode and time is to be said;
  /// false: more is.
  private func describe(_ file: Descriptor, _ change: Change, _ new: Facts) throws -> Bool {
    let hasOthers = new.attributes == nil && change.kind != .added && !change.isReplacement
    guard new.attributes?.isEmpty ?? true, !hasOthers else { return false }
    let status = try attempt("look at", change.path) { () throws(Errno) in try file.status() }
    guard status.owner == new.owner, status.group == new.group else { return false }
    try attempt("describe", change.path) { () throws(Errno) in
      if status.permissions != mode_t(new.permissions) {
        try file.setPermissions(mode_t(new.permissions))
      }
      try file.setTimes(accessed: nil, modified: new.modified)
    }
    return true
  }

  /// Gives what was made its owner, attributes, mode and time, in this order: a new owner clears
  /// set-id bits, and everything moves the time.
  private mutating func describe(
    _ change: Change, _ new: Facts, in parent: Descriptor, _ name: ByteString
  ) throws {
    var attributes = new.attributes ?? [:]
    if new.attributes == nil, change.kind != .added, !change.isReplacement,
      let origin = change.origin,
      new.kind != .symlink
    {
      attributes = try contents.lower.attributes(origin)
    }
    let metadata = Metadata(
      permissions: new.kind == .symlink
        ? nil : new.kind == .directory ? new.permissions | 0o700 : new.permissions,
      owner: new.owner, group: new.group, modified: new.modified,
      attributes: attributes.isEmpty ? nil : attributes)
    refusals += try parent.set(metadata, of: name, called: change.path)
  }
}

/// The user wants the work to end; what was done is undone.
struct Cancellation: Error {}

extension Descriptor {
  /// Sets everything that a metadata says; answers what the file system refused to keep.
  func set(_ metadata: Metadata, of name: ByteString, called path: ByteString) throws -> [String] {
    var refusals: [String] = []
    let opened = try attempt("open", path) { () throws(Errno) in
      try open(name, [.path, .noFollow])
    }
    let status = try attempt("look at", path) { () throws(Errno) in try opened.borrowed.status() }
    if status.owner != metadata.owner || status.group != metadata.group {
      do throws(Errno) {
        try setOwner(of: name, metadata.owner, group: metadata.group)
      } catch {
        refusals.append(
          "owner \(metadata.owner):\(metadata.group) of '\(path.printable)': \(error)")
      }
    }
    if let wanted = metadata.attributes {
      refusals += try opened.borrowed.become(wanted, called: path)
    }
    if let permissions = metadata.permissions {
      try attempt("set the mode of", path) { () throws(Errno) in
        try opened.borrowed.setPermissionsByPath(mode_t(permissions))
      }
    }
    if let modified = metadata.modified {
      try attempt("set the time of", path) { () throws(Errno) in
        try setTimes(of: name, accessed: nil, modified: modified)
      }
    }
    return refusals
  }

  /// Gives this file exactly the given extended attributes, of those that apply carries.
  private func become(_ wanted: [ByteString: [UInt8]], called path: ByteString) throws -> [String] {
    var refusals: [String] = []
    let present = try attempt("read the extended attributes of", path) { () throws(Errno) in
      try ownAttributes()
    }
    for name in present.keys.sorted() where wanted[name] == nil {
      do throws(Errno) { try removeAttribute(name) } catch {
        refusals.append("no '\(name.printable)' of '\(path.printable)': \(error)")
      }
    }
    for name in wanted.keys.sorted() where present[name] != wanted[name] {
      do throws(Errno) { try setAttribute(name, to: wanted[name] ?? []) } catch {
        refusals.append("'\(name.printable)' of '\(path.printable)': \(error)")
      }
    }
    return refusals
  }
}
