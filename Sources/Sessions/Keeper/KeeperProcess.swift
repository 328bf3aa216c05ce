import CLinux
import Glibc
import Linux
import Sandbox
import Store

/// A keeper from its fork to its end.
enum KeeperProcess {
  /// Forks a keeper and answers the connection to it; whether it stands is told by its greeting.
  static func start(_ plan: KeeperPlan) throws -> Client {
    let pair = try attempt("make a pair of sockets") { () throws(Errno) in try SocketPair() }
    let (ours, theirs) = pair.release()
    do throws(LaunchError) {
      _ = try Forking.child { live(plan, theirs) }
    } catch {
      throw SessionError("cannot start the session's keeper: \(error)", hint: error.remedy)
    }
    _ = OwnedDescriptor(owning: theirs)
    return Client(socket: OwnedDescriptor(owning: ours))
  }

  /// What the forked process does; the value is its exit status.
  private static func live(_ plan: KeeperPlan, _ socket: Int32) -> Int32 {
    do {
      try detach(keeping: socket)
      let keeper = Keeper(plan: plan, opened: try KeeperOpening.open(plan))
      try keeper.desk.adopt(OwnedDescriptor(owning: socket))
      // Who may read a keeper's memory could read the project's content in it.
      try Process.forbidInspection()
      try keeper.serve()
      try keeper.end()
      Process.end(0)
    } catch {
      refuse(ProtocolError(notOpened: error), on: socket)
      return 1
    }
  }

  /// Leaves the user's terminal and directory alone.
  private static func detach(keeping socket: Int32) throws {
    try Process.beginTerminalSession()
    try Process.changeDirectory(to: "/")
    for signal in [SIGHUP, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] { ignoreSignal(signal) }
    let nothing = try Descriptor.currentDirectory.open("/dev/null" as ByteString, [.readWrite])
    for number: Int32 in 0...2 { try nothing.borrowed.duplicate(onto: number) }
    // What the front has open, the lock of the catalogue above all, is not the keeper's.
    try Process.closeDescriptors(from: 3, except: socket)
  }

  /// Answers the front's greeting with why there is no keeper.
  private static func refuse(_ error: ProtocolError, on socket: Int32) {
    // A front that is gone needs no answer.
    try? Descriptor(socket).send(Message.failure(id: .number(1), error).line)
  }
}
