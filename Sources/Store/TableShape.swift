/// The columns of a table, as archives, checks and salvage need them.
struct TableShape {
  /// What a column holds, in the words of a STRICT table.
  enum Content: String {
    case integer = "INTEGER"
    case text = "TEXT"
    case blob = "BLOB"
    case any = "ANY"
  }

  struct Column {
    let name: String
    let content: Content
    let isOptional: Bool
  }

  let name: String
  let columns: [Column]
  /// The columns of the primary key, in its order.
  let key: [String]

  /// A table by a short text: `name:type`, with `?` where a value may be missing.
  init(_ name: String, key: [String], _ columns: String) {
    self.name = name
    self.key = key
    self.columns = columns.split(separator: " ").map { word in
      let parts = word.split(separator: ":")
      let type = parts.last?.prefix { $0 != "?" } ?? ""
      let content: Content =
        switch type {
        case "i": .integer
        case "t": .text
        case "b": .blob
        default: .any
        }
      return Column(
        name: parts.first.map { "\"\($0)\"" } ?? "", content: content,
        isOptional: word.hasSuffix("?"))
    }
  }

  /// The names of the columns, as a statement lists them.
  var list: String { columns.map(\.name).joined(separator: ", ") }

  /// Every row, in the order of the key.
  var selection: String {
    "SELECT \(list) FROM \"\(name)\" ORDER BY \(key.joined(separator: ", "))"
  }

  var insertion: String {
    let places = columns.map { _ in "?" }.joined(separator: ",")
    return "INSERT INTO \"\(name)\" (\(list)) VALUES (\(places))"
  }

  /// The table as an archive has it: with types that SQLite itself checks.
  var strictCreation: String {
    let lines = columns.map { column in
      "\(column.name) \(column.content.rawValue)\(column.isOptional ? "" : " NOT NULL")"
    }
    return "CREATE TABLE \"\(name)\" (\(lines.joined(separator: ", ")), "
      + "PRIMARY KEY (\(key.joined(separator: ", ")))) STRICT, WITHOUT ROWID"
  }
}

extension TableShape {
  static let meta = TableShape("meta", key: ["key"], "key:t value:a?")
  static let root = TableShape("root", key: ["id"], "id:i path:b role:t device:i inode:i")
  static let step = TableShape(
    "step", key: ["id"],
    "id:i kind:t began:i ended:i? command:b status:i? message:t restores:i?")
  static let mark = TableShape("mark", key: ["name"], "name:t step:i made:i")
  static let node = TableShape(
    "node", key: ["id", "from_step"],
    "id:i from_step:i to_step:i? root:i kind:i flags:i permissions:i owner:i group:i device:i "
      + "links:i size:i accessed:i modified:i changed:i inode:i object:i? object_step:i "
      + "target:b? origin:b? origin_device:i origin_inode:i")
  static let entry = TableShape(
    "entry", key: ["parent", "name", "from_step"],
    "parent:i name:b from_step:i to_step:i? node:i")
  static let xattr = TableShape(
    "xattr", key: ["node", "name", "from_step"],
    "node:i name:b from_step:i to_step:i? value:b")
  static let extent = TableShape("extent", key: ["object", "start"], "object:i start:i length:i")
  static let pin = TableShape(
    "pin", key: ["root", "path"],
    "root:i path:b kind:i device:i inode:i permissions:i owner:i group:i links:i size:i "
      + "modified:i changed:i hash:b? base:i? target:b?")

  /// The tables that make up a session and its history; applies belong to the machine.
  static let session = [meta, root, step, mark, node, entry, xattr, extent, pin]
}
