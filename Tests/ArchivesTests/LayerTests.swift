import Harness
import Linux
import Store
import Testing

@testable import Archives

/// Which programs of the host the tests may compare with.
enum Programs {
  static var hasFuse: Bool {
    // Without the device there is nothing to compare with.
    (try? Descriptor.currentDirectory.status(of: "/dev/fuse")) != nil
  }

  static func has(_ name: String) -> Bool {
    ["/usr/bin/", "/bin/", "/usr/local/bin/"].contains {
      (try? Descriptor.currentDirectory.status(of: ByteString($0 + name))) != nil
    }
  }
}

@Suite struct LayerTests {
  @Test func `a tar of the same session is the same to the byte`() throws {
    let session = try LayeredSession()
    let first = try session.tar()
    #expect(try session.tar() == first)
    #expect(first.count % 512 == 0)
  }

  @Test(.enabled(if: Programs.has("tar"), "needs tar"))
  func `tar lists what a session's tar holds`() throws {
    let session = try LayeredSession()
    try session.save(session.tar(), as: "layer.tar")
    let names = try session.playground.shell("tar -tf ../layer.tar").split(separator: "\n")
    #expect(names.contains(".wh.gone.txt"))
    #expect(names.contains(".wh.gone-directory"))
    #expect(names.contains(".wh.b"))
    #expect(names.contains("old/.wh..wh..opq"))
    #expect(names.contains("c/deep/x2"))
    #expect(names.contains("a/linked2"))
    #expect(names.contains("new/\(LayeredSession.long)/\(LayeredSession.long)"))
    #expect(!names.contains("a/two.txt"))
  }

  @Test(
    .enabled(
      if: Process.user == 0 && Programs.has("umoci"),
      "needs umoci, which gives files their owners: root only"))
  func `a session's tar over a copy of the project gives the session's tree`() throws {
    let session = try LayeredSession()
    try session.save(session.tar(), as: "layer.tar")
    try session.playground.shell(
      """
      cd ..; tar --xattrs -C project -cf base.tar .
      umoci init --layout image; umoci new --image image:base
      umoci raw add-layer --image image:base base.tar
      umoci raw add-layer --image image:base layer.tar
      umoci unpack --image image:base bundle
      """)
    let found = try session.listing(of: session.playground.path + "/bundle/rootfs")
    #expect(found.contains("c/deep/x2 f 644"))
    #expect(try found == session.expected())
  }

  @Test(
    .enabled(
      if: Process.user == 0 && Programs.has("umoci") && Programs.has("skopeo"),
      "needs umoci and skopeo; umoci gives files their owners: root only"))
  func `umoci and skopeo accept a session's image`() throws {
    let session = try LayeredSession()
    let lower = try session.lower()
    let reader = try session.reader()
    let place = try LayeredSession.open(session.playground.path)
    let image = try ImageLayout.write(
      reader, root: reader.roots[0], lower: lower.borrowed,
      as: ImageLayout.Description(tag: "changes", created: LayeredSession.time), to: "image",
      in: place.borrowed)
    #expect(image.leftOut.isEmpty)
    let text = try session.playground.shell(
      """
      cd ..; skopeo inspect oci:image:changes; skopeo copy -q oci:image:changes dir:copied
      umoci unpack --image image:changes bundle; ls -a bundle/rootfs bundle/rootfs/new
      """)
    #expect(text.contains(image.manifest))
    #expect(text.contains("2020-09-13T12:26:40Z"))
    #expect(text.contains("fifo"))
  }

  @Test func `a name that every tool takes for a whiteout is refused`() throws {
    let session = try LayeredSession()
    _ = session.store.beginStep(.run)
    let row = Node(
      root: 1, kind: .regular, permissions: 0o644, owner: 0, group: 0,
      step: session.store.tree.step)
    let tree = session.store.tree
    tree.lock.with {
      let node = tree.makeNode(row)
      tree.setEntry(parent: NodeID(1), name: ".wh.evil", node: node.id)
    }
    try session.store.flush(durable: false)
    #expect(throws: SessionTar.Failure.self) { try session.tar() }
  }
}

extension LayeredSession {
  func tar() throws -> [UInt8] {
    let lower = try lower()
    let reader = try reader()
    var bytes: [UInt8] = []
    _ = try SessionTar.write(reader, root: reader.roots[0], lower: lower.borrowed) { bytes += $0 }
    return bytes
  }

  func save(_ bytes: [UInt8], as name: ByteString) throws {
    let place = try Self.open(playground.path)
    let file = try place.borrowed.open(name, [.writeOnly, .create], mode: 0o600)
    try file.borrowed.write(bytes)
  }
}
