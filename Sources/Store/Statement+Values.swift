import CSQLite
import Linux

// Values of any type, for whole rows that are carried from one database to another.
extension Statement {
  /// Binds what a row of another statement has in the same columns.
  func bind(row other: Statement, count: Int) {
    for column in 0..<Int32(count) {
      switch other.type(column) {
      case SQLITE_INTEGER: bind(column + 1, other.integer(column))
      case SQLITE_NULL: bindNothing(column + 1)
      case SQLITE_TEXT: bind(column + 1, other.text(column))
      default: other.withBytes(column) { bind(column + 1, $0) }
      }
    }
  }

  /// Adds a row to a hash so that no two different rows add the same.
  func add(to hash: inout SHA256, count: Int) {
    for column in 0..<Int32(count) {
      let type = type(column)
      hash.update([UInt8(truncatingIfNeeded: type)])
      switch type {
      case SQLITE_NULL: break
      case SQLITE_INTEGER: hash.update(integer(column))
      default:
        withBytes(column) { bytes in
          hash.update(Int64(bytes.count))
          hash.update(bytes)
        }
      }
    }
  }
}

extension SHA256 {
  /// Adds a number, in eight bytes, the highest first.
  mutating func update(_ number: Int64) {
    withUnsafeBytes(of: number.bigEndian) { update($0) }
  }
}
