import Harness
import Linux
import Store
import Testing

@testable import Archives

/// Sessions that commands made, through the kernel and the keeper, taken all the way out.
@Suite(.enabled(if: Programs.has("umoci") && Programs.hasFuse, "needs umoci and /dev/fuse"))
struct WholeWayTests {
  static let scripts = [
    "mv b c; echo more >> c/two; mkdir new; mkfifo new/f; ln c/deep/y new/l; mv c/deep d",
    "rm -r b; mkdir b; echo new > b/x; mkdir -p b/deep; echo z > b/deep/z",
    "mv a tmp; mv b a; mv tmp b; echo changed > b/one",
    "ln -sfn a/one link; chmod 600 a/one; chmod 2755 b; setfattr -n user.x -v y b/deep/y",
    "mv b/deep a/deep; mv a z; mkdir a; mv z/deep a/back; rm z/one; echo 1 > z/1",
    "truncate -s 20M big; echo end >> big; cp big a/big; rm big; printf x >> huge",
    "for i in $(seq 200); do mkdir -p n/$((i % 7)); echo $i > n/$((i % 7))/$i; done; mv n/3 b/3",
    "cp -a b copy; rm -r b; mv copy b; sed -i s/y/Y/ b/deep/y; rm a/one; echo file > a/one",
    "rm -r a; echo a > a; mv b/deep/y y; rm -r b; ln -s y b",
  ]

  private static let listing = """
    find . -type d -printf '%P/ %m %U:%G %T@\\n' -o -printf '%P %y %m %U:%G %n %s %T@ %l\\n' | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
    getfattr -R -h -d -m user . | sort
    """

  private func prepared() throws -> Playground {
    let playground = try Playground()
    try playground.shell(
      """
      mkdir -p a b/deep; echo x > a/one; ln a/one b/two; echo y > b/deep/y
      head -c 9000000 /dev/urandom > huge; ln -s a link; find . -exec touch -h -d @1500000000.5 {} +
      """)
    return playground
  }

  private func run(_ script: String, _ playground: Playground) throws -> String {
    let ended = try playground.cowbox("run", "--", "sh", "-euc", script).run()
    try #require(ended.status == 0, "\(ended.complaint)")
    return ended.text
  }

  private func session(_ playground: Playground) throws -> (ByteString, OwnedDescriptorBox) {
    let sessions = try LayeredSession.open(playground.state + "/sessions")
    let name = try #require(try sessions.borrowed.entryNames().first)
    return (name, OwnedDescriptorBox(try sessions.borrowed.open(name, [.directory])))
  }

  @Test(
    .enabled(if: Process.user == 0, "umoci gives files their owners: root only"), arguments: scripts
  )
  func `what a command made is whole, and a layer of it gives the same tree`(script: String) throws
  {
    let playground = try prepared()
    _ = try run(script, playground)
    let view = try run(Self.listing, playground)
    let (_, directory) = try session(playground)
    let check = try SessionCheck.inspect(directory.borrowed)
    #expect(check.isClean, "\(check.findings)")
    try unpack(directory.borrowed, playground)
    let found = try playground.shell("cd ../bundle/rootfs; " + Self.listing)
    #expect(found == view)
  }

  private func unpack(_ session: Descriptor, _ playground: Playground) throws {
    let reader = try SessionReader(directory: session)
    let lower = try LayeredSession.open(playground.project)
    let place = try LayeredSession.open(playground.path)
    let file = try place.borrowed.open("layer.tar", [.writeOnly, .create], mode: 0o600)
    let output = file.borrowed
    _ = try SessionTar.write(reader, root: reader.roots[0], lower: lower.borrowed) {
      try output.write($0)
    }
    try playground.shell(
      """
      cd ..; tar --xattrs -C project -cf base.tar .
      umoci init --layout image; umoci new --image image:base
      umoci raw add-layer --image image:base base.tar
      umoci raw add-layer --image image:base layer.tar
      umoci unpack --image image:base bundle
      """)
  }

  @Test func `a session of many steps comes back from its archive as it was`() throws {
    let playground = try prepared()
    for script in ["rm -r b; mkdir b; echo 1 > b/x", "mv b c; echo 2 >> c/x; ln c/x l", "mv a b"] {
      _ = try run(script, playground)
    }
    let view = try run(Self.listing, playground)
    let (name, directory) = try session(playground)
    let place = try LayeredSession.open(playground.path)
    try SessionReader(directory: directory.borrowed).export(to: "one", in: place.borrowed)
    let sessions = try LayeredSession.open(playground.state + "/sessions")
    let archive = try place.borrowed.open("one", [])
    try SessionImport.run(archive.borrowed, into: sessions.borrowed, as: "copy") { new in
      try new.makeSymlink("project", to: ByteString(playground.project))
    }
    let copy = try sessions.borrowed.open("copy", [.directory])
    try SessionReader(directory: copy.borrowed).export(to: "two", in: place.borrowed)
    try playground.shell("cmp ../one ../two; sqlite3 ../one 'pragma integrity_check' | grep -qx ok")
    try sessions.borrowed.removeTree(name)
    #expect(try run(Self.listing, playground) == view)
  }
}

/// An open directory that is part of a tuple.
final class OwnedDescriptorBox {
  private let owned: OwnedDescriptor
  var borrowed: Descriptor { owned.borrowed }
  init(_ owned: consuming OwnedDescriptor) { self.owned = owned }
}
