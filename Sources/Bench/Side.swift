/// One way of showing a directory so that changes to it are kept apart, or not at all.
struct Side: Hashable {
  let name: String
  /// The program that must be installed, and how it says its version.
  let program: String?
  let version: [String]

  static let native = Side(name: "native", program: nil, version: ["uname", "-r"])
  static let cowbox = Side(name: "cowbox", program: nil, version: [])
  static let kernel = Side(name: "overlayfs", program: nil, version: ["uname", "-r"])
  static let fuse = Side(
    name: "fuse-overlayfs", program: "fuse-overlayfs", version: ["fuse-overlayfs", "--version"])

  static let all = [native, cowbox, kernel, fuse]
}
