import CFuse
import CLinux
import Glibc
import Linux
import Synchronization

/// The two ways to a mount: clones of one device, which all workers share.
struct Devices: Sendable {
  /// Waits for a request, asleep.
  let patient: Int32
  /// Is asked again and again while requests follow each other closely; -1: there is none.
  let eager: Int32
}

/// What one worker thread has for itself: room for a request and for an answer.
final class Worker {
  /// The device that the request at hand came from, and to which its answer goes.
  var device: Int32
  private let devices: Devices
  private var isConversing = false
  /// Above 0 asking again pays; where client and worker share a processor, it only keeps the client
  /// from its next request.
  private var trust = Worker.mostTrust
  private var restCount = 0
  /// How many requests were there at once, one after the other, from more than one client.
  private var queuedCount = 0
  private var cameAtOnce = false
  private var lastClient: UInt32 = 0
  /// Odd while a request is being answered; moves with each one's begin and end.
  let progress = Atomic<UInt64>(0)
  /// Whether it is this worker's to wait for the kernel.
  let isSpeaker = Atomic(false)
  let request: UnsafeMutableRawBufferPointer
  let scratch: UnsafeMutableRawBufferPointer
  /// The operation that is being answered, and its flags where libfuse does not hand them on.
  var opcode: UInt32 = 0
  var writeFlags: UInt32 = 0

  /// The largest read or write that the kernel is told it may send.
  static let largestTransfer = 1 << 20
  /// How long, in nanoseconds, a worker asks again before it goes to sleep: waking it up costs
  /// more than the request itself (absent names: 30 us asleep, 20 us awake).
  private static let patience: Int64 = 50_000
  /// How long one who helps asks again: others wait for its processor.
  static let helpersPatience: Int64 = 2_000
  /// After so many requests that were there at once another worker is called.
  private static let queueLength = 4
  /// A write of more bytes is worth another worker, whoever sends it.
  private static let longRequest: UInt32 = 128 << 10
  // Asking again must pay four times out of five; where it does not, it is tried again now and then.
  private static let mostTrust = 16
  private static let disappointment = 4
  private static let rest = 256

  init(_ devices: Devices) {
    device = devices.patient
    self.devices = devices
    request = .allocate(byteCount: Self.largestTransfer + 8192, alignment: 4096)
    scratch = .allocate(byteCount: Self.largestTransfer + 4096, alignment: 4096)
  }

  deinit {
    request.deallocate()
    scratch.deallocate()
  }

  static var now: Int64 { Timestamp.of(CLOCK_MONOTONIC).nanoseconds }

  private func readRequest() -> Int { Glibc.read(device, request.baseAddress, request.count) }

  /// The next request's size, or nil when the connection has ended.
  func receive() -> Int? {
    if isConversing, devices.eager >= 0, isAskingWorthwhile() {
      if let count = poll(for: Self.patience) {
        trust = min(trust + 1, Self.mostTrust)
        return count
      }
      trust -= Self.disappointment
      isConversing = false
    }
    cameAtOnce = false
    device = devices.patient
    let began = Self.now
    while true {
      let count = readRequest()
      if count >= 0 {
        isConversing = Self.now - began < 4 * Self.patience
        return count
      }
      guard Self.isPassing(Errno.last) else { return nil }
    }
  }

  /// Asks for a request until one comes or patience ends.
  func poll(for patience: Int64) -> Int? {
    device = devices.eager
    var count = readRequest()
    cameAtOnce = count >= 0
    let until = Self.now + patience
    while count < 0 {
      guard Self.isPassing(Errno.last), Self.now < until else { return nil }
      count = readRequest()
    }
    return count
  }

  /// Whether to ask again: it has paid of late, or it is time to see whether it does now.
  private func isAskingWorthwhile() -> Bool {
    if trust > 0 { return true }
    restCount += 1
    guard restCount >= Self.rest else { return false }
    (restCount, trust) = (0, 1)
    return true
  }

  /// Whether requests of several clients queue up, or long ones do.
  ///
  /// One client's next request may be there at once too, where it was faster than the worker's
  /// return from its answer.
  func isOverrun(by header: fuse_in_header) -> Bool {
    let isAnother = header.pid != lastClient || header.len > Self.longRequest
    lastClient = header.pid
    queuedCount = cameAtOnce && isAnother ? queuedCount + 1 : 0
    guard queuedCount >= Self.queueLength else { return false }
    queuedCount = 0
    return true
  }

  /// Whether a failure to read says only that there is nothing now, or no more.
  private static func isPassing(_ failure: Errno) -> Bool {
    // ENOENT: the request was interrupted.
    failure == .tryAgain || failure == .noEntry || failure == .interrupted
  }

  /// The worker of the thread that asks.
  static var current: Worker? {
    cl_thread_context().map { Unmanaged<Worker>.fromOpaque($0).takeUnretainedValue() }
  }
}

// Answers in the kernel's own structures, for what libfuse has no reply for.
extension Worker {
  func answer<Body>(_ unique: UInt64, with body: Body) {
    var body = body
    var header = fuse_out_header()
    header.unique = unique
    header.len = UInt32(MemoryLayout<fuse_out_header>.size + MemoryLayout<Body>.size)
    withUnsafeMutableBytes(of: &header) { header in
      withUnsafeMutableBytes(of: &body) { body in
        var parts = [
          iovec(iov_base: header.baseAddress, iov_len: header.count),
          iovec(iov_base: body.baseAddress, iov_len: body.count),
        ]
        // A request that was given up meanwhile (ENOENT) wants no answer.
        _ = writev(device, &parts, 2)
      }
    }
  }

  func fail(_ unique: UInt64, _ errno: Errno) {
    var header = fuse_out_header()
    header.unique = unique
    header.len = UInt32(MemoryLayout<fuse_out_header>.size)
    header.error = -errno.rawValue
    // As above.
    _ = withUnsafeBytes(of: &header) { Glibc.write(device, $0.baseAddress, $0.count) }
  }
}

extension FileSystem {
  /// The session of libfuse, which reads and writes through each worker's own device.
  func makeSession(options: String? = nil) throws(Errno) -> OpaquePointer {
    var operations = Self.operations()
    let given = ["cowbox"] + (options.map { ["-o", $0] } ?? [])
    var words = given.map { strdup($0) as UnsafeMutablePointer<CChar>? }
    defer { for word in words { free(word) } }
    let made = words.withUnsafeMutableBufferPointer { words in
      var arguments = fuse_args(
        argc: Int32(words.count), argv: words.baseAddress, allocated: 0)
      return fuse_session_new(
        &arguments, &operations, MemoryLayout<fuse_lowlevel_ops>.size,
        Unmanaged.passUnretained(self).toOpaque())
    }
    guard let made else { throw .noMemory }
    return made
  }

  /// Lets the session read and write through each worker's own device.
  func route(_ session: OpaquePointer, device: Int32) throws(Errno) {
    var io = fuse_custom_io()
    io.read = { _, buffer, size, _ in
      guard let worker = Worker.current else { return -1 }
      return Glibc.read(worker.device, buffer, size)
    }
    io.writev = { mounted, parts, count, _ in
      guard let parts else { return -1 }
      // A thread that is no worker sends notices, which may go to any device.
      guard let worker = Worker.current else { return Glibc.writev(mounted, parts, count) }
      if worker.opcode == FUSE_INIT.rawValue { FileSystem.amendInit(parts, count) }
      return Glibc.writev(worker.device, parts, count)
    }
    guard fuse_session_custom_io(session, &io, device) == 0 else { throw .invalid }
  }

  /// Adds to the answer to FUSE_INIT what this libfuse does not know and the kernel offers.
  ///
  /// FUSE_HANDLE_KILLPRIV_V2: without it the kernel asks for security.capability at every write(2).
  private static func amendInit(_ parts: UnsafeMutablePointer<iovec>, _ count: Int32) {
    guard count >= 2, let answer = parts[1].iov_base, parts[1].iov_len >= 16 else { return }
    guard let request = Worker.current?.request else { return }
    let body = MemoryLayout<fuse_in_header>.size
    let offered = request.loadUnaligned(fromByteOffset: body, as: fuse_init_in.self).flags
    let flags = answer.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
    answer.storeBytes(
      of: flags | (offered & 1 << 28), toByteOffset: 12, as: UInt32.self)
  }

  /// Does what there is to do for a worker, until the connection ends.
  func work() {
    let worker = Worker(ways)
    cl_set_thread_context(Unmanaged.passUnretained(worker).toOpaque())
    defer { cl_set_thread_context(nil) }
    while true {
      switch roster.duty(of: worker, in: self) {
      case .speak:
        speak(worker)
      case .help:
        while let count = worker.poll(for: Worker.helpersPatience) {
          answer(worker, count)
        }
        roster.helped()
      case .end: return
      }
    }
  }

  /// Answers requests as long as it is this worker's turn.
  private func speak(_ worker: Worker) {
    while worker.isSpeaker.load(ordering: .relaxed) {
      guard let count = worker.receive() else {
        roster.end()
        return ending.borrowed.raiseEvent()
      }
      roster.began(worker)
      answer(worker, count)
      worker.progress.add(1, ordering: .releasing)
    }
  }

  /// Answers the request that a worker has read.
  private func answer(_ worker: Worker, _ count: Int) {
    guard count >= MemoryLayout<fuse_in_header>.size else { return }
    let header = worker.request.load(as: fuse_in_header.self)
    worker.opcode = header.opcode
    options.tally?.count(header.opcode)
    if worker.isOverrun(by: header) { roster.callForHelp() }
    if header.opcode == FUSE_WRITE.rawValue {
      let body = MemoryLayout<fuse_in_header>.size
      worker.writeFlags =
        worker.request.loadUnaligned(fromByteOffset: body, as: fuse_write_in.self).write_flags
    }
    if answerBeyondLibfuse(header, worker, count) { return }
    var buffer = fuse_buf()
    buffer.mem = worker.request.baseAddress
    buffer.size = count
    fuse_session_process_buf(session, &buffer)
  }

  /// Answers what this libfuse has no name for; false leaves the request to libfuse.
  private func answerBeyondLibfuse(_ header: fuse_in_header, _ worker: Worker, _ count: Int) -> Bool
  {
    guard header.opcode == FUSE_TMPFILE.rawValue else { return false }
    let body = MemoryLayout<fuse_in_header>.size
    let request = worker.request.loadUnaligned(fromByteOffset: body, as: fuse_create_in.self)
    do throws(Errno) {
      let entry = try makeNameless(
        in: fuse_ino_t(header.nodeid), mode: mode_t(request.mode), umask: mode_t(request.umask),
        owner: header.uid, group: header.gid)
      worker.answer(header.unique, with: (entry, fuse_open_out()))
    } catch { worker.fail(header.unique, error) }
    return true
  }
}
