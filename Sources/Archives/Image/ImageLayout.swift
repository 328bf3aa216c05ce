import Linux
import Store

/// A root's changes as an OCI image layout: a directory with one image of one layer.
///
/// Follows version 1.0 of the OCI image format: oci-layout, index.json, blobs/sha256.
package struct ImageLayout {
  /// The digest of the manifest, "sha256:" and 64 digits.
  package let manifest: String
  /// Sockets, which no layer can hold.
  package let leftOut: [ByteString]

  /// How an image is described.
  package struct Description: Sendable {
    /// The name that the index gives the image.
    package var tag: String
    /// When it was made, for tools that show it; a fixed time keeps the image the same.
    package var created: Timestamp

    /// A name and a time.
    package init(tag: String = "latest", created: Timestamp) {
      self.tag = tag
      self.created = created
    }
  }

  /// Writes the layout into a new directory `name`, which appears when it is complete.
  package static func write(
    _ reader: SessionReader, root: Root, lower: Descriptor, at step: StepID? = nil,
    as description: Description, to name: ByteString, in directory: Descriptor
  ) throws -> ImageLayout {
    let temporary = ByteString(".cowbox-image-\(try Process.randomBytes(6).hexadecimal)")
    let place = try attempt("create directory", name) { () throws(Errno) in
      try directory.makeDirectory(temporary, mode: 0o755)
      return try directory.open(temporary, [.directory, .noFollow])
    }
    do {
      let blobs = try Blobs(in: place.borrowed)
      var leftOut: [ByteString] = []
      let layer = try blobs.addLayer { output in
        leftOut =
          try SessionTar.write(reader, root: root, lower: lower, at: step, to: output).leftOut
      }
      let manifest = try addImage(layer, description, to: blobs)
      try writeIndex(manifest, description, in: place.borrowed)
      try attempt("create", name) { () throws(Errno) in
        try place.borrowed.synchronizeFileSystem()
        try directory.rename(temporary, to: directory, name, .noReplace)
      }
      return ImageLayout(manifest: manifest.digest, leftOut: leftOut)
    } catch {
      // The first failure is what matters.
      try? directory.removeTree(temporary)
      throw error
    }
  }

  private static func addImage(
    _ layer: Blobs.Layer, _ description: Description, to blobs: borrowing Blobs
  ) throws -> Blobs.Blob {
    let config = try blobs.add(
      #"{"created":"\#(description.created.rfc3339)","architecture":"\#(architecture)","os":"linux","#
        + #""config":{},"rootfs":{"type":"layers","diff_ids":["\#(layer.plainDigest)"]},"#
        + #""history":[{"created":"\#(description.created.rfc3339)","created_by":"cowbox"}]}"#)
    return try blobs.add(
      #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":"#
        + config.descriptor("application/vnd.oci.image.config.v1+json") + #","layers":["#
        + layer.blob.descriptor("application/vnd.oci.image.layer.v1.tar+gzip") + "]}")
  }

  private static func writeIndex(
    _ manifest: Blobs.Blob, _ description: Description, in directory: Descriptor
  ) throws {
    guard description.tag.utf8.allSatisfy(isAllowedInTag), !description.tag.isEmpty else {
      throw SystemError("name an image", ByteString(description.tag), .invalid)
    }
    let annotation = #","annotations":{"org.opencontainers.image.ref.name":"\#(description.tag)"}}"#
    let entry = manifest.descriptor("application/vnd.oci.image.manifest.v1+json").dropLast()
    try directory.writeFile("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
    try directory.writeFile(
      "index.json", #"{"schemaVersion":2,"manifests":["# + entry + annotation + "]}")
  }

  private static func isAllowedInTag(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }

  /// The processor in Go's words, as the format wants it.
  private static var architecture: String {
    #if arch(arm64)
      "arm64"
    #elseif arch(x86_64)
      "amd64"
    #else
      "unknown"
    #endif
  }
}
