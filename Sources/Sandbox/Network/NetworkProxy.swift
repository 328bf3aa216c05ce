import Linux
import Profiles

/// The only way out of a box whose network is limited to names.
///
/// It listens on the box's loopback through a socket that init has made there, and runs on threads
/// of the keeper, outside every wall; the box itself has no route.
package final class NetworkProxy: Sendable {
  private let rules: ProxyRules
  private let lock = Lock()
  // Invariant: both are read and written under `lock` only.
  nonisolated(unsafe) private var refused: [String: Int] = [:]
  nonisolated(unsafe) private var open = 0

  /// The port of the box's loopback where programs find it.
  static let port: UInt16 = 3128
  private static let mostConnections = 256

  /// Starts accepting on a listening socket of the box, which it owns.
  init(listener: Int32, names: [NetworkName]) throws(Errno) {
    rules = ProxyRules(names: names)
    _ = try Thread.start { [self] in
      let owned = OwnedDescriptor(owning: listener)
      accept(on: owned.borrowed)
    }
  }

  /// What was asked for and refused so far.
  var refusals: [Refusal] {
    lock.with { refused }.map { .name($0.key, $0.value, "[network] allow") }
  }

  /// The variables that tell programs of the proxy, "NAME=value" each.
  package static var variables: [ByteString] {
    let http = "http://127.0.0.1:\(port)"
    return ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"].map {
      ByteString("\($0)=\(http)")
    } + ["all_proxy", "ALL_PROXY"].map { ByteString("\($0)=socks5h://127.0.0.1:\(port)") }
      + ["no_proxy", "NO_PROXY"].map { ByteString("\($0)=localhost,127.0.0.1,::1") }
  }

  private func accept(on listener: Descriptor) {
    while true {
      guard let client = (try? listener.acceptConnection())?.release() else { return }
      let isWelcome = lock.with { () -> Bool in
        if open >= Self.mostConnections { return false }
        open += 1
        return true
      }
      let started =
        isWelcome
        ? try? Thread.start(stackSize: 256 << 10) { [self] in
          let owned = OwnedDescriptor(owning: client)
          serve(owned.borrowed)
          lock.with { open -= 1 }
        } : nil
      if started == nil {
        _ = OwnedDescriptor(owning: client)
        if isWelcome { lock.with { open -= 1 } }
      }
    }
  }

  /// Serves one connection to its end; whatever goes wrong with it concerns nobody else.
  private func serve(_ client: Descriptor) {
    do throws(Errno) {
      let conversation = ProxyConversation(client: client)
      guard let request = try conversation.request() else { return }
      guard let server = try connect(request) else { return try client.write(request.refused) }
      try client.write(request.accepted)
      try server.borrowed.write(request.first + conversation.rest)
      try StreamRelay.run(client, server.borrowed)
    } catch {
      return
    }
  }

  private func connect(_ request: ProxyRequest) throws(Errno) -> OwnedDescriptor? {
    do throws(ProxyRules.Refusal) {
      let addresses = try rules.addresses(
        host: request.host, port: request.port, resolve: InternetAddress.resolve)
      for address in addresses {
        // Failure does not matter: another address of the name may answer.
        if let server = try? address.connect(seconds: 15) { return server }
      }
      return nil
    } catch {
      // A program could ask for endless names; what is told at the end is bounded.
      lock.with {
        let name = "\(request.host):\(request.port)"
        if refused.count < 64 || refused[name] != nil { refused[name, default: 0] += 1 }
      }
      return nil
    }
  }
}
