import Linux

/// Reads and writes files of the view for clients of the keeper, from inside the box.
///
/// The keeper must not touch a path in its own mount, and only the kernel knows what commands have
/// written and not flushed: so a process of the box, confined like a command, does what is asked.
/// It is forked from init and runs no program, because the box need not hold one of ours.
enum FileService {
  /// Serves requests until the keeper's end of the socket is closed; answers an exit status.
  static func serve(_ socket: Descriptor) -> Int32 {
    let channel = Channel(socket: OwnedDescriptor(owning: socket.raw))
    do {
      while try channel.fill() {
        while let line = try channel.nextLine() {
          try channel.socket.borrowed.send(answer(to: line))
        }
      }
      return 0
    } catch { return 1 }
  }

  /// "NUMBER BODY": the body is the rest of a response, so that the keeper need not read it.
  private static func answer(to line: ArraySlice<UInt8>) -> [UInt8] {
    var (number, name, value): (Int64, String, JSON) = (0, "result", .null)
    do throws(ProtocolError) {
      guard case .request(.number(let id), let method, let params) = try Message(line: line) else {
        throw ProtocolError(.notRequest, "the file service takes numbered requests")
      }
      number = id
      value = try perform(method, FileParameters(params))
    } catch { (name, value) = ("error", error.json) }
    var bytes = Array("\(number) \"\(name)\":".utf8)
    value.write(to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// What can be asked, by name.
  static let methods: [String: Method] = [
    "read": Method(Reading.read), "lines": Method(Reading.lines),
    "stat": Method(Reading.stat), "list": Method(Reading.list),
    "glob": Method(isSlow: true, Searching.glob), "grep": Method(isSlow: true, Searching.grep),
    "write": Method(changes: true, Writing.write), "edit": Method(changes: true, Writing.edit),
    "remove": Method(changes: true, Naming.remove), "rename": Method(changes: true, Naming.rename),
    "makeDirectory": Method(changes: true, Naming.makeDirectory),
    "makeSymlink": Method(changes: true, Naming.makeSymlink),
    "setPermissions": Method(changes: true, Naming.setPermissions),
  ]

  /// One thing that can be asked about files.
  struct Method: Sendable {
    /// Whether it changes the view.
    let changes: Bool
    /// Whether it may take long, and gets a process of its own that can be ended.
    let isSlow: Bool
    let act: @Sendable (FileParameters) throws(ProtocolError) -> JSON

    init(
      changes: Bool = false, isSlow: Bool = false,
      _ act: @escaping @Sendable (FileParameters) throws(ProtocolError) -> JSON
    ) {
      self.changes = changes
      self.isSlow = isSlow
      self.act = act
    }
  }

  private static func perform(_ method: String, _ params: FileParameters) throws(ProtocolError)
    -> JSON
  {
    guard let act = methods[method]?.act else {
      throw ProtocolError(.unknownMethod, "there is no method '\(method)'")
    }
    return try act(params)
  }
}

/// The parameters of a file request, taken out with a sentence for what is wrong.
struct FileParameters {
  private let json: JSON

  init(_ json: JSON) { self.json = json }

  /// A path in the view; one that is not absolute begins at the project.
  func path(_ name: String = "path") throws(ProtocolError) -> ByteString {
    guard let path = json[name]?.byteString, !path.isEmpty, !path.bytes.contains(0) else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a path")
    }
    return path
  }

  /// A path that may be left out.
  func path(_ name: String, default path: ByteString) throws(ProtocolError) -> ByteString {
    json[name] == nil || json[name] == .null ? path : try self.path(name)
  }

  /// Content: a string, or bytes as base64.
  func content(_ name: String) throws(ProtocolError) -> [UInt8] {
    guard let bytes = json[name]?.byteString else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a string or {\"base64\": ...}")
    }
    return bytes.bytes
  }

  /// A whole number within a range.
  func number(_ name: String, default value: Int64, in range: ClosedRange<Int64>)
    throws(ProtocolError) -> Int64
  {
    guard let given = json[name], given != .null else { return value }
    guard let number = given.int, range.contains(number) else {
      throw ProtocolError(
        .wrongParams,
        "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// True or false.
  func flag(_ name: String, default value: Bool = false) throws(ProtocolError) -> Bool {
    guard let given = json[name], given != .null else { return value }
    guard let flag = given.bool else {
      throw ProtocolError(.wrongParams, "'\(name)' must be true or false")
    }
    return flag
  }

  /// One of several words.
  func choice(_ name: String, of words: [String]) throws(ProtocolError) -> String {
    guard let given = json[name], given != .null else { return words[0] }
    guard let word = given.string, words.contains(word) else {
      throw ProtocolError(
        .wrongParams, "'\(name)' must be one of \(words.joined(separator: ", "))")
    }
    return word
  }

  /// A string that may be left out.
  func text(_ name: String) throws(ProtocolError) -> String? {
    guard let given = json[name], given != .null else { return nil }
    guard let text = given.string else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a string")
    }
    return text
  }

  /// A list of objects, each with parameters of its own.
  func list(_ name: String) throws(ProtocolError) -> [FileParameters] {
    guard let values = json[name]?.array else {
      throw ProtocolError(.wrongParams, "'\(name)' must be a list")
    }
    return values.map { FileParameters($0) }
  }
}

/// Runs a call on a file and gives its failure the words and the number that a client needs.
func onFile<Result: ~Copyable>(
  _ what: String, _ path: ByteString, to other: ByteString? = nil,
  hint: (Errno) -> String? = { _ in nil }, _ call: () throws(Errno) -> Result
) throws(ProtocolError) -> Result {
  do { return try call() } catch {
    let names = "'\(path.printable)'" + (other.map { " to '\($0.printable)'" } ?? "")
    throw ProtocolError(
      .file, "cannot \(what) \(names): \(error)", hint: hint(error), errno: error.rawValue)
  }
}
