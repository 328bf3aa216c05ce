/// The tables of `session.db`.
///
/// Rows of node, entry and xattr are temporal: valid from `from_step` up to, not including,
/// `to_step`; the present is `to_step IS NULL`. `entry.node` 0 is a whiteout.
enum Schema {
  /// The format that this program writes; a newer one is refused, never rewritten.
  static let version: Int64 = 1
  /// "cowb", SQLite's application_id of a session.
  static let application: Int64 = 0x636f_7762

  static let creation = tables + indexes

  /// What a bulk of rows is put into; the indexes are cheaper when they are made afterwards.
  static let tables = """
    PRAGMA application_id = \(application);
    PRAGMA user_version = \(version);
    CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE root (
      id INTEGER PRIMARY KEY, path BLOB NOT NULL, role TEXT NOT NULL,
      device INTEGER NOT NULL, inode INTEGER NOT NULL);
    CREATE TABLE step (
      id INTEGER PRIMARY KEY, kind TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER,
      command BLOB NOT NULL, status INTEGER, message TEXT NOT NULL, restores INTEGER);
    CREATE TABLE node (
      id INTEGER NOT NULL, from_step INTEGER NOT NULL, to_step INTEGER, root INTEGER NOT NULL,
      kind INTEGER NOT NULL, flags INTEGER NOT NULL, permissions INTEGER NOT NULL,
      owner INTEGER NOT NULL, "group" INTEGER NOT NULL, device INTEGER NOT NULL,
      links INTEGER NOT NULL, size INTEGER NOT NULL, accessed INTEGER NOT NULL,
      modified INTEGER NOT NULL, changed INTEGER NOT NULL, inode INTEGER NOT NULL,
      object INTEGER, object_step INTEGER NOT NULL, target BLOB, origin BLOB,
      origin_device INTEGER NOT NULL, origin_inode INTEGER NOT NULL,
      PRIMARY KEY (id, from_step)) WITHOUT ROWID;
    CREATE TABLE entry (
      parent INTEGER NOT NULL, name BLOB NOT NULL, from_step INTEGER NOT NULL, to_step INTEGER,
      node INTEGER NOT NULL, PRIMARY KEY (parent, name, from_step)) WITHOUT ROWID;
    CREATE TABLE xattr (
      node INTEGER NOT NULL, name BLOB NOT NULL, from_step INTEGER NOT NULL, to_step INTEGER,
      value BLOB NOT NULL, PRIMARY KEY (node, name, from_step)) WITHOUT ROWID;
    CREATE TABLE extent (
      object INTEGER NOT NULL, start INTEGER NOT NULL, length INTEGER NOT NULL,
      PRIMARY KEY (object, start)) WITHOUT ROWID;
    CREATE TABLE pin (
      root INTEGER NOT NULL, path BLOB NOT NULL, kind INTEGER NOT NULL, device INTEGER NOT NULL,
      inode INTEGER NOT NULL, permissions INTEGER NOT NULL, owner INTEGER NOT NULL,
      "group" INTEGER NOT NULL, links INTEGER NOT NULL, size INTEGER NOT NULL,
      modified INTEGER NOT NULL, changed INTEGER NOT NULL, hash BLOB, base INTEGER, target BLOB,
      PRIMARY KEY (root, path)) WITHOUT ROWID;
    CREATE TABLE apply (
      id INTEGER PRIMARY KEY, step INTEGER NOT NULL, state TEXT NOT NULL, plan TEXT NOT NULL,
      detail BLOB NOT NULL);
    CREATE TABLE mark (name TEXT PRIMARY KEY, step INTEGER NOT NULL, made INTEGER NOT NULL)
      WITHOUT ROWID;

    """
  static let indexes = """
    CREATE INDEX node_present ON node (id) WHERE to_step IS NULL;
    CREATE INDEX entry_present ON entry (parent, name) WHERE to_step IS NULL;
    CREATE INDEX xattr_present ON xattr (node, name) WHERE to_step IS NULL;
    """

  /// What holds of an opened database, whoever wrote it.
  static let settings = """
    PRAGMA foreign_keys = OFF;
    PRAGMA temp_store = MEMORY;
    PRAGMA synchronous = NORMAL;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    """

  static let nodeColumns = nodeColumns()

  /// The same, with another value for when a node was read last or in which step its object was
  /// made.
  static func nodeColumns(accessed: String = "accessed", objectStep: String = "object_step")
    -> String
  {
    """
    id, root, kind, flags, permissions, owner, "group", device, links, size, \(accessed), modified,
    changed, inode, object, \(objectStep), target, origin, origin_device, origin_inode
    """
  }

  static let pinColumns = """
    root, path, kind, device, inode, permissions, owner, "group", links, size, modified, changed,
    hash, base, target
    """
}
