import CLinux
import Linux
import Store

/// The process that serves a mount and answers the clients of its session.
final class MountKeeper: SessionServer {
  let name: SessionName
  let project: ByteString
  let store: SessionStore
  var isStopping = false
  private let point: ByteString
  private let files: any MountedFiles
  private let desk: Desk
  private let signals: SignalInput
  private var ambient: AmbientSteps?

  /// A keeper of files that are mounted at a point; the signals end it.
  init(
    _ name: SessionName, project: ByteString, store: SessionStore, files: any MountedFiles,
    point: ByteString, desk: Desk, signals: consuming SignalInput, ambient: AmbientSteps?
  ) {
    self.name = name
    self.project = project
    self.store = store
    self.files = files
    self.point = point
    self.desk = desk
    self.signals = signals
    self.ambient = ambient
  }

  var details: [JSON.Member] { [JSON.Member("mount", JSON(point))] + files.details }

  func bringDown() { files.bringDown() }

  func perform(_ act: HistoryAct) throws -> StepID {
    defer { ambient?.pass(files.changeCount) }
    return try files.perform(act)
  }

  func answer(_ request: Request, for connection: Connection) throws(ProtocolError) -> Answer? {
    if request.method == "spawn" {
      throw ProtocolError(
        .notStarted, "session \(name) is mounted at '\(point.printable)', where nothing can run",
        hint: "work there, 'cowbox umount' it first, or begin another session with --new",
        exit: 125)
    }
    return try files.answer(request).map { ($0, []) }
  }

  /// Serves until somebody unmounts it, a client stops it, or SIGTERM, SIGINT or SIGHUP comes.
  func serve() throws {
    while !isStopping {
      var set = PollSet()
      let signalPlace = set.add(signals.descriptor.borrowed)
      let endPlace = set.add(files.ended)
      let watched = desk.watch(in: &set)
      _ = try set.wait(milliseconds: ambient?.milliseconds)
      desk.serve(watched, set) { answerAll(of: $0) }
      desk.dismissLeaving(endsWithLast: isStopping)
      if !set.events(at: signalPlace).isEmpty || !set.events(at: endPlace).isEmpty {
        isStopping = true
      }
      if ambient?.isDue(files.changeCount) == true {
        _ = try files.beginStep("", onlyIfChanged: true)
        ambient?.pass(files.changeCount)
      }
    }
  }

  /// Ends the mount and brings the session to rest; one that was made and not changed is removed.
  func end(isNew: Bool, _ catalogue: borrowing Catalogue) throws {
    desk.close()
    try files.end()
    if isNew, files.isUnchanged {
      try store.abandon()
      try catalogue.remove(name)
    } else {
      try store.checkpoint()
    }
    store.unlock()
    desk.sayGoodbye()
  }
}
