import CFuse
import CLinux
import Glibc
import Linux

/// What one worker thread has for itself: its devices, and room for a request and for an answer.
final class Worker {
  /// The device that the request at hand came from, and to which its answer goes.
  var device: Int32
  /// Waits for a request, asleep.
  let patient: Int32
  /// Is asked again and again while requests follow each other closely; -1: there is none.
  let eager: Int32
  var isConversing = false
  let request: UnsafeMutableRawBufferPointer
  let scratch: UnsafeMutableRawBufferPointer
  /// The operation that is being answered, and its flags where libfuse does not hand them on.
  var opcode: UInt32 = 0
  var writeFlags: UInt32 = 0

  /// The largest read or write that the kernel is told it may send.
  static let largestTransfer = 1 << 20
  /// How long, in nanoseconds, a worker asks again before it goes to sleep: waking it up costs
  /// more than the request itself (absent names: 30 us asleep, 20 us awake).
  static let patience: Int64 = 50_000

  init(patient: Int32, eager: Int32) {
    device = patient
    self.patient = patient
    self.eager = eager
    request = .allocate(byteCount: Self.largestTransfer + 8192, alignment: 4096)
    scratch = .allocate(byteCount: Self.largestTransfer + 4096, alignment: 4096)
  }

  deinit {
    request.deallocate()
    scratch.deallocate()
  }

  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Timestamp(time).nanoseconds
  }

  func readRequest() -> Int { Glibc.read(device, request.baseAddress, request.count) }

  /// Asks for a request until one comes or patience ends.
  func poll() -> Int? {
    device = eager
    let until = Self.now + Self.patience
    while Self.now < until {
      let count = readRequest()
      if count >= 0 { return count }
      let failure = Errno.last
      if failure != .tryAgain && failure != .noEntry && failure != .interrupted { return nil }
    }
    return nil
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

  /// Reads and answers requests until the connection ends.
  func work(patient: Int32, eager: Int32) {
    let worker = Worker(patient: patient, eager: eager)
    cl_set_thread_context(Unmanaged.passUnretained(worker).toOpaque())
    while let count = receive(worker) {
      guard count >= MemoryLayout<fuse_in_header>.size else { continue }
      let header = worker.request.load(as: fuse_in_header.self)
      worker.opcode = header.opcode
      if header.opcode == FUSE_WRITE.rawValue {
        let body = MemoryLayout<fuse_in_header>.size
        worker.writeFlags =
          worker.request.loadUnaligned(fromByteOffset: body, as: fuse_write_in.self).write_flags
      }
      if answerBeyondLibfuse(header, worker, count) { continue }
      var buffer = fuse_buf()
      buffer.mem = worker.request.baseAddress
      buffer.size = count
      fuse_session_process_buf(session, &buffer)
    }
    cl_set_thread_context(nil)
  }

  /// The next request's size, or nil when the connection has ended.
  private func receive(_ worker: Worker) -> Int? {
    if worker.isConversing, worker.eager >= 0 {
      if let count = worker.poll() { return count }
      worker.isConversing = false
    }
    worker.device = worker.patient
    let began = Worker.now
    while true {
      let count = worker.readRequest()
      if count >= 0 {
        worker.isConversing = Worker.now - began < 4 * Worker.patience
        return count
      }
      switch Errno.last {
      case .interrupted, .tryAgain, .noEntry: continue  // ENOENT: the request was interrupted.
      default: return nil
      }
    }
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
