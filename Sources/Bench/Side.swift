/// One way of showing a directory so that changes to it are kept apart, or not at all.
struct Side: Hashable {
  let name: String
  /// The program that must be installed.
  let program: String?

  static let native = Side(name: "native", program: nil)
  static let cowbox = Side(name: "cowbox", program: nil)
  static let kernel = Side(name: "overlayfs", program: nil)
  static let fuse = Side(name: "fuse-overlayfs", program: "fuse-overlayfs")

  static let all = [native, cowbox, kernel, fuse]
}
