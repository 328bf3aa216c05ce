import CLinux
import Glibc

/// A message that came over a local socket, with the descriptors beside it.
package struct ReceivedMessage: ~Copyable {
  package var bytes: [UInt8]
  /// Raw and owned by who receives them; close each or wrap it in an OwnedDescriptor.
  package var descriptors: [Int32]
}

extension Descriptor {
  /// Sends one message with descriptors beside it.
  ///
  /// The corresponding system call is `sendmsg(2)` with `SCM_RIGHTS`.
  package func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let first = done == 0
      done += try check {
        bytes.withUnsafeBytes {
          cl_send_descriptors(
            raw, $0.baseAddress.map { $0 + done }, bytes.count - done, descriptors,
            first ? descriptors.count : 0)
        }
      }
    }
  }

  /// Sends as much of the bytes as the other end takes, and answers how many; EAGAIN is none.
  ///
  /// The corresponding system call is `sendmsg(2)` with `SCM_RIGHTS`.
  package func sendSome(_ bytes: ArraySlice<UInt8>, descriptors: [Int32] = []) throws(Errno) -> Int
  {
    try check {
      bytes.withUnsafeBytes {
        cl_send_descriptors(raw, $0.baseAddress, $0.count, descriptors, descriptors.count)
      }
    }
  }

  /// Receives at most `limit` bytes and eight descriptors; no bytes mean the other end is gone.
  ///
  /// The corresponding system call is `recvmsg(2)`.
  package func receive(limit: Int = 1 << 16) throws(Errno) -> ReceivedMessage {
    var bytes = [UInt8](repeating: 0, count: limit)
    var descriptors = [Int32](repeating: -1, count: 8)
    var count = descriptors.count
    let received = try check {
      count = descriptors.count
      return bytes.withUnsafeMutableBytes {
        cl_receive_descriptors(raw, $0.baseAddress, limit, &descriptors, &count)
      }
    }
    bytes.removeLast(limit - received)
    descriptors.removeLast(descriptors.count - count)
    return ReceivedMessage(bytes: bytes, descriptors: descriptors)
  }
}
