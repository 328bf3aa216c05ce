import Linux
import Sandbox

/// The keeper's end of a file service in the box: what is asked, in order, and who asked it.
final class FileAgent: Attended {
  /// One request on its way.
  struct Job {
    let asker: Asker
    let method: String
    let params: JSON
    /// Begins the step that the request makes, if it makes one; answers how to end it.
    let begin: (() -> (_ succeeded: Bool) -> Void)?
    var end: ((Bool) -> Void)?
  }

  let process: ProcessNumber
  private let channel: Channel
  private var queue: [Job] = []
  private var sent: [Int64: Job] = [:]
  private var nextNumber: Int64 = 1
  /// Whether the last request that was sent changes something: a step is one request's alone.
  private var isChanging = false
  private var place = 0
  private(set) var isOver = false
  /// Whether it serves one request only.
  private let servesOne: Bool
  /// Ends the process.
  private let kill: () -> Void

  init(
    _ process: ProcessNumber, socket: consuming OwnedDescriptor, servesOne: Bool,
    kill: @escaping () -> Void
  ) throws(Errno) {
    try socket.borrowed.setNonBlocking(true)
    self.process = process
    self.servesOne = servesOne
    self.kill = kill
    channel = Channel(socket: socket)
  }

  /// Takes a request whose answer was promised.
  func add(_ job: Job) {
    queue.append(job)
    sendNext()
  }

  private func sendNext() {
    while !isOver, !isChanging, !queue.isEmpty {
      if queue[0].begin != nil, !sent.isEmpty { return }
      var job = queue.removeFirst()
      job.end = job.begin?()
      isChanging = job.begin != nil
      let number = nextNumber
      nextNumber += 1
      sent[number] = job
      let message = Message.request(id: .number(number), method: job.method, params: job.params)
      do throws(Errno) { try channel.post(message.line) } catch { fail() }
    }
  }

  func prepare(_ set: inout PollSet) {
    place = set.add(
      channel.socket.borrowed, channel.backlog > 0 ? [.readable, .writable] : .readable)
  }

  func advance(_ set: PollSet) {
    guard !isOver, !set.events(at: place).isEmpty else { return }
    do {
      try channel.flush()
      if try !channel.fill() { return fail() }
      while let line = try channel.nextLine() { hear(line) }
    } catch let error as Errno where error == .tryAgain {
      return
    } catch { fail() }
    sendNext()
    if servesOne, sent.isEmpty, queue.isEmpty { cancel() }
  }

  /// Hands an answer on to who asked.
  private func hear(_ line: ArraySlice<UInt8>) {
    guard let space = line.firstIndex(of: UInt8(ascii: " ")),
      let number = Int64(String(decoding: line[..<space], as: UTF8.self)),
      let job = sent.removeValue(forKey: number)
    else { return fail() }
    let body = line[(space + 1)...]
    finish(job, succeeded: body.starts(with: "\"result\"".utf8))
    job.asker.answer(body: body)
  }

  private func finish(_ job: Job, succeeded: Bool) {
    job.end?(succeeded)
    if job.begin != nil { isChanging = false }
  }

  /// The service is gone, and with it whatever it was doing.
  func fail() {
    guard !isOver else { return }
    isOver = true
    kill()
    let error = ProtocolError(
      .failed, "the process that reads and writes files for clients ended",
      hint: "ask again; another one is started")
    for job in sent.values {
      finish(job, succeeded: false)
      job.asker.refuse(error)
    }
    for job in queue { job.asker.refuse(error) }
    (sent, queue) = ([:], [])
  }

  func cancel() {
    guard !isOver else { return }
    isOver = true
    kill()
    for job in Array(sent.values) + queue {
      job.asker.refuse(ProtocolError(.cancelled, "the request was taken back"))
    }
  }

  func isFor(_ connection: Int, request: RequestID?) -> Bool {
    guard servesOne, let job = sent.values.first ?? queue.first else { return false }
    return job.asker.connection.id == connection && (request == nil || request == job.asker.id)
  }
}
