import CFuse
import Glibc
import Linux

/// The answer that a request is owed: given exactly once, EIO when it is forgotten.
struct Reply: ~Copyable {
  let request: fuse_req_t

  init(_ request: fuse_req_t) { self.request = request }

  /// Answers with an error.
  ///
  /// Who asks has descriptors left, whatever the keeper lacks: then it is the system that has none.
  consuming func fail(_ errno: Errno) {
    fuse_reply_err(request, errno == .tooManyOpen ? ENFILE : errno.rawValue)
    discard self
  }

  /// Answers that it was done.
  consuming func succeed() {
    fuse_reply_err(request, 0)
    discard self
  }

  /// Answers with a node and its attributes.
  consuming func send(_ entry: inout fuse_entry_param) {
    fuse_reply_entry(request, &entry)
    discard self
  }

  /// Answers with attributes.
  consuming func send(_ attributes: inout stat, validFor seconds: Double) {
    fuse_reply_attr(request, &attributes, seconds)
    discard self
  }

  /// Answers with bytes.
  consuming func send(_ bytes: UnsafeRawBufferPointer) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    fuse_reply_buf(request, start, bytes.count)
    discard self
  }

  /// Answers with the target of a symlink.
  consuming func send(target: ByteString) {
    _ = target.withCString { fuse_reply_readlink(request, $0) }
    discard self
  }

  /// Answers how many bytes were written.
  consuming func send(written count: Int) {
    fuse_reply_write(request, count)
    discard self
  }

  /// Answers how large an extended attribute is.
  consuming func send(attributeSize count: Int) {
    fuse_reply_xattr(request, count)
    discard self
  }

  /// Answers with an offset.
  consuming func send(offset: Int64) {
    fuse_reply_lseek(request, off_t(offset))
    discard self
  }

  /// Answers with the state of the file system.
  consuming func send(_ statistics: inout statvfs) {
    fuse_reply_statfs(request, &statistics)
    discard self
  }

  /// Who asks, and with which mask for new files.
  typealias Caller = (user: UInt32, group: UInt32, umask: mode_t)

  /// The user and group that asked.
  var caller: Caller {
    guard let context = fuse_req_ctx(request) else { return (0, 0, 0) }
    return (context.pointee.uid, context.pointee.gid, context.pointee.umask)
  }

  deinit { fuse_reply_err(request, Errno.io.rawValue) }
}
