import Linux

/// The blobs of an image layout, each named by the hash of its bytes.
struct Blobs: ~Copyable {
  private let directory: OwnedDescriptor

  /// One blob.
  struct Blob {
    let digest: String
    let size: Int64

    /// How other blobs speak of it.
    func descriptor(_ mediaType: String) -> String {
      #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)}"#
    }
  }

  /// A layer: its blob, and the digest of the tar file that is compressed in it.
  struct Layer {
    let blob: Blob
    let plainDigest: String
  }

  init(in layout: Descriptor) throws {
    directory = try attempt("create directory", "blobs") { () throws(Errno) in
      try layout.makeDirectory("blobs", mode: 0o755)
      try layout.makeDirectory("blobs/sha256", mode: 0o755)
      return try layout.open("blobs/sha256", [.directory, .noFollow])
    }
  }

  /// Adds a few bytes.
  func add(_ text: String) throws -> Blob {
    let digest = SHA256.digest(Array(text.utf8)).hexadecimal
    try directory.borrowed.writeFile(ByteString(digest), text)
    return Blob(digest: "sha256:" + digest, size: Int64(text.utf8.count))
  }

  /// Adds what `body` writes, compressed.
  func addLayer(_ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws
    -> Layer
  {
    let file = try attempt("create", "layer") { () throws(Errno) in
      try directory.borrowed.open("layer", [.writeOnly, .create, .exclusive], mode: 0o644)
    }
    let target = file.borrowed
    var (plain, packed, size) = (SHA256(), SHA256(), Int64(0))
    let gzip = try Gzip(.gzip) { bytes in
      packed.update(bytes)
      size += Int64(bytes.count)
      try attempt("write", "layer") { () throws(Errno) in try target.write(bytes) }
    }
    try body { bytes in
      plain.update(bytes)
      try gzip.write(bytes)
    }
    try gzip.finish()
    let digest = packed.finish().hexadecimal
    try attempt("write", "layer") { () throws(Errno) in
      try directory.borrowed.rename("layer", to: directory.borrowed, ByteString(digest))
    }
    return Layer(
      blob: Blob(digest: "sha256:" + digest, size: size),
      plainDigest: "sha256:" + plain.finish().hexadecimal)
  }
}

extension Descriptor {
  /// Makes a file with a text in it.
  func writeFile(_ name: ByteString, _ text: String) throws {
    try attempt("create", name) { () throws(Errno) in
      let file = try open(name, [.writeOnly, .create, .noFollow], mode: 0o644)
      try file.borrowed.write(Array(text.utf8))
    }
  }
}

extension Timestamp {
  /// The time in UTC, whole seconds, as RFC 3339 writes it.
  var rfc3339: String {
    let (day, second) = (
      seconds.floored(by: 86_400), seconds - seconds.floored(by: 86_400) * 86_400
    )
    // Days to a date of the proleptic Gregorian calendar, whose years begin in March here.
    let shifted = day + 719_468
    let era = shifted.floored(by: 146_097)
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * ofYear + 2) / 153
    let date = ofYear - (153 * month + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
    return "\(year.padded(4))-\((month < 10 ? month + 3 : month - 9).padded(2))-\(date.padded(2))"
      + "T\((second / 3600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))Z"
  }
}

extension Int64 {
  fileprivate func floored(by divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
  }

  fileprivate func padded(_ count: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, count - digits.utf8.count)) + digits
  }
}
