import Linux
import Sandbox

/// Ports of the host's loopback behind which the box's own are.
final class PublishedPorts {
  private(set) var open: [(port: UInt16, listener: Int32)] = []

  /// Listens at every port; one that is taken is an error.
  init(_ ports: [UInt16]) throws {
    for port in ports where !open.contains(where: { $0.port == port }) {
      do throws(Errno) {
        open.append((port, try InternetAddress.listenOnLoopback(port: port).release()))
      } catch {
        let hint =
          error == .accessDenied ? "ports below 1024 are root's" : "another program has it; free it"
        throw SessionError("cannot publish port \(port): \(error)", hint: hint)
      }
    }
  }

  deinit { for (_, listener) in open { _ = OwnedDescriptor(owning: listener) } }
}

extension Keeper {
  /// Lets a client of the host through to the box's port.
  func forward(to port: UInt16) {
    guard let listener = ports.open.first(where: { $0.port == port })?.listener else { return }
    do throws(Errno) {
      let client = try Descriptor(listener).acceptConnection()
      // A box that is over hands out no socket; the client sees its connection closed.
      try? box.forward(client, to: port)
    } catch {
      // The client has gone away again.
      return
    }
  }

  /// What the walls, those of the overlay among them, have refused so far.
  var refusals: [Refusal] {
    box.refusals + fileSystem.hiddenLooks.map { .masked($0.key.printable, $0.value) }
  }
}
