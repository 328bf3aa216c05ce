/// One thing that must hold of all rows: how to find what breaks it, and what to do about that.
///
/// The same checks are asked of a session's database and of an archive's.
struct RowCheck {
  let kind: Finding.Kind
  /// What is wrong, behind the number of rows: "rows of node hold an unknown kind".
  let words: String
  /// Counts the rows.
  let count: String
  let remedy: String
  let repairs: [String]

  /// A check of one table: the rows for which a condition holds.
  private init(
    _ kind: Finding.Kind, _ table: String, where condition: String, _ words: String,
    _ remedy: String, _ repair: String
  ) {
    self.kind = kind
    self.words = "rows of \(table) \(words)"
    self.remedy = remedy
    count = "SELECT count(*) FROM \"\(table)\" WHERE \(condition)"
    repairs = ["\(repair) WHERE \(condition)"]
  }

  private init(
    _ kind: Finding.Kind, _ words: String, count: String, _ remedy: String, _ repairs: [String]
  ) {
    self.kind = kind
    self.words = words
    self.count = count
    self.remedy = remedy
    self.repairs = repairs
  }

  /// All checks, in an order in which what an earlier one repairs is right for the later ones.
  static let all = values + validity + overlaps + references + counters

  /// Later than every step.
  private static let never = "(1 << 60)"

  private static let values = [
    RowCheck(
      .row, "node", where: "kind NOT BETWEEN 1 AND 7 OR id < 1", "hold no kind of file", "removed",
      "DELETE FROM node"),
    RowCheck(
      .row, "node", where: "flags & ~63 != 0", "hold unknown flags", "unknown flags cleared",
      "UPDATE node SET flags = flags & 63"),
    RowCheck(
      .row, "node",
      where: "permissions NOT BETWEEN 0 AND 4095 OR owner NOT BETWEEN 0 AND 4294967295 "
        + "OR \"group\" NOT BETWEEN 0 AND 4294967295 OR links NOT BETWEEN 0 AND 4294967295 "
        + "OR size < 0",
      "hold numbers out of range", "brought into range",
      "UPDATE node SET permissions = permissions & 4095, owner = owner & 4294967295, "
        + "\"group\" = \"group\" & 4294967295, links = links & 4294967295, size = max(size, 0)"),
    RowCheck(
      .row, "node", where: "flags & 31 != 0 AND origin IS NULL", "come from nowhere in the project",
      "taken as made in the session", "UPDATE node SET flags = flags & ~31"),
    RowCheck(
      .row, "node", where: "flags & 8 != 0 AND object IS NULL", "lack the part that was changed",
      "the project's content shown", "UPDATE node SET flags = (flags & ~8) | 2"),
    RowCheck(
      .row, "node", where: "object NOT NULL AND (kind != 1 OR object < 1)",
      "have content that no such file has", "content taken away", "UPDATE node SET object = NULL"),
    RowCheck(
      .row, "node",
      where: "kind = 3 AND flags & 2 = 0 AND (target IS NULL OR length(target) = 0 "
        + "OR instr(target, x'00') > 0)",
      "are symlinks to nowhere", "pointed at 'lost'",
      "UPDATE node SET target = CAST('lost' AS BLOB)"
    ),
    RowCheck(
      .row, "extent", where: "start < 0 OR length < 1 OR start + length < start",
      "are no ranges", "removed", "DELETE FROM extent"),
    RowCheck(
      .row, "pin", where: "kind NOT BETWEEN 1 AND 7 OR (hash NOT NULL AND length(hash) != 32)",
      "hold no state of a file", "removed", "DELETE FROM pin"),
    RowCheck(
      .name, "entry",
      where: "length(name) NOT BETWEEN 1 AND 255 OR instr(name, x'2f') > 0 "
        + "OR instr(name, x'00') > 0 OR name IN (x'2e', x'2e2e')",
      "hold what is no name", "given a name",
      "UPDATE OR REPLACE entry SET name = CAST('recovered-' || substr(hex(name), 1, 200) AS BLOB)"),
    RowCheck(
      .row, "xattr", where: "length(name) NOT BETWEEN 1 AND 255 OR instr(name, x'00') > 0",
      "hold what is no attribute's name", "removed", "DELETE FROM xattr"),
  ]

  private static let temporal = [
    ("node", "id"), ("entry", "parent, name"), ("xattr", "node, name"),
  ]

  private static let validity: [RowCheck] =
    temporal.flatMap { table, _ in
      [
        RowCheck(
          .validity, table, where: "from_step < 1 OR to_step <= from_step", "are valid in no step",
          "removed", "DELETE FROM \"\(table)\"")
      ]
    } + [
      RowCheck(
        .validity, "steps are missing that rows speak of",
        count: "SELECT count(*) FROM (\(mentioned)) WHERE s NOT IN (SELECT id FROM step)",
        "put back without a command",
        [
          "INSERT INTO step (id, kind, began, ended, command, status, message) "
            + "SELECT s, 'mark', 0, 0, x'', NULL, 'recovered' FROM (\(mentioned)) "
            + "WHERE s NOT IN (SELECT id FROM step)"
        ]),
      RowCheck(
        .validity, "steps lack a number in between",
        count: "SELECT coalesce(max(id), 0) - count(*) FROM step WHERE id > 0",
        "put back without a command",
        [
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            + "WHERE i < (SELECT max(id) FROM step)) "
            + "INSERT INTO step (id, kind, began, ended, command, status, message) "
            + "SELECT i, 'mark', 0, 0, x'', NULL, 'recovered' FROM n "
            + "WHERE i NOT IN (SELECT id FROM step)"
        ]),
      RowCheck(
        .reference, "step", where: "restores NOT NULL AND (restores < 1 OR restores >= id)",
        "bring back what is no earlier step", "taken as ordinary steps",
        "UPDATE step SET restores = NULL"),
      RowCheck(
        .reference, "node",
        where: "object_step < 1 OR object_step > (SELECT max(id) FROM step)",
        "have content of no step", "content taken as the first step's",
        "UPDATE node SET object_step = 1"),
    ]

  private static let mentioned =
    temporal.map {
      "SELECT from_step AS s FROM \"\($0.0)\" UNION "
        + "SELECT to_step FROM \"\($0.0)\" WHERE to_step NOT NULL"
    }.joined(separator: " UNION ") + " UNION SELECT 1"

  private static let overlaps: [RowCheck] = temporal.map { table, key in
    let same = key.split(separator: ",").map { $0.drop { $0 == " " } }
      .map { "later.\($0) = this.\($0)" }.joined(separator: " AND ")
    let next =
      "(SELECT min(later.from_step) FROM \"\(table)\" AS later "
      + "WHERE \(same) AND later.from_step > this.from_step)"
    return RowCheck(
      .overlap, "rows of \(table) are valid where a later one is",
      count: "SELECT count(*) FROM (SELECT to_step, lead(from_step) OVER "
        + "(PARTITION BY \(key) ORDER BY from_step) AS next FROM \"\(table)\") "
        + "WHERE next NOT NULL AND coalesce(to_step, \(never)) > next",
      "ended where the later begins",
      [
        "UPDATE \"\(table)\" AS this SET to_step = \(next) "
          + "WHERE coalesce(to_step, \(never)) > coalesce(\(next), \(never))"
      ])
  }

  /// How many steps of an entry's validity a node of some kind covers, without overlaps.
  private static func covered(_ node: String, _ kinds: String = "") -> String {
    let (end, last) = ("coalesce(n.to_step, \(never))", "coalesce(entry.to_step, \(never))")
    return "coalesce((SELECT sum(min(\(end), \(last)) - max(n.from_step, entry.from_step)) "
      + "FROM node n WHERE n.id = entry.\(node) \(kinds) AND n.from_step < \(last) "
      + "AND \(end) > entry.from_step), 0) < \(last) - entry.from_step"
  }

  private static let references = [
    RowCheck(
      .reference, "entry", where: "node != 0 AND " + covered("node"),
      "lead to nothing", "removed: the project's file shows again", "DELETE FROM entry"),
    RowCheck(
      .reference, "entry",
      where: "node = 0 AND " + covered("parent", "AND n.kind = 2"),
      "hide a name in no directory", "removed", "DELETE FROM entry"),
    RowCheck(
      .reference, "entry", where: covered("parent", "AND n.kind = 2"),
      "are in no directory", "moved to the top as 'recovered-'",
      "UPDATE OR IGNORE entry SET name = CAST('recovered-' || parent || '-' || hex(name) AS BLOB), "
        + "parent = (SELECT root FROM node WHERE id = entry.node LIMIT 1)"),
    RowCheck(
      .reference, "node", where: "root NOT IN (SELECT id FROM root)", "are of no root",
      "given to the first root", "UPDATE node SET root = (SELECT min(id) FROM root)"),
    RowCheck(
      .reference, "xattr", where: "node NOT IN (SELECT id FROM node)", "are of no node", "removed",
      "DELETE FROM xattr"),
    RowCheck(
      .reference, "extent",
      where: "object NOT IN (SELECT object FROM node WHERE object NOT NULL)",
      "are of no content", "removed", "DELETE FROM extent"),
    RowCheck(
      .reference, "pin", where: "root NOT IN (SELECT id FROM root)", "are of no root", "removed",
      "DELETE FROM pin"),
    RowCheck(
      .reference, "mark", where: "step NOT IN (SELECT id FROM step)", "name no step", "removed",
      "DELETE FROM mark"),
  ]

  private static let counters = [
    counter("next_node", "SELECT max(id) FROM node"),
    counter(
      "next_object",
      "SELECT max((SELECT coalesce(max(object), 0) FROM node), "
        + "(SELECT coalesce(max(base), 0) FROM pin))"),
  ]

  private static func counter(_ key: String, _ largest: String) -> RowCheck {
    RowCheck(
      .counter, "next numbers are taken already ('\(key)')",
      count:
        "SELECT (\(largest)) > 0 AND coalesce((SELECT value FROM meta WHERE key = '\(key)'), 0)"
        + " <= (\(largest))",
      "counted anew",
      ["INSERT OR REPLACE INTO meta (key, value) VALUES ('\(key)', (\(largest)) + 1)"])
  }
}
