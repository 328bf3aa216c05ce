/// The profiles that cowbox brings with it, compiled in.
enum Shipped {
  static let texts: [(name: String, text: [UInt8])] = [
    ("default", PackageResources.default_toml), ("strict", PackageResources.strict_toml),
    ("open", PackageResources.open_toml), ("agent", PackageResources.agent_toml),
    ("secrets", PackageResources.secrets_toml),
  ]
}
