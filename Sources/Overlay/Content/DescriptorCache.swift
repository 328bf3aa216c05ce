import Glibc
import Linux

/// Open descriptors that are kept for the next use, at most a fixed number, oldest out first.
///
/// Invariant: everything is guarded by `lock`; a descriptor in use is never closed.
final class DescriptorCache: @unchecked Sendable {
  /// A descriptor that may be used while the lease lives.
  struct Lease: ~Copyable {
    let descriptor: Descriptor
    fileprivate let place: Int32
    fileprivate let cache: DescriptorCache

    deinit { cache.giveBack(descriptor, place) }
  }

  private struct Place {
    var key: UInt64 = 0
    var descriptor: Int32 = -1
    var users: Int32 = 0
    var used: UInt64 = 0
    var opened: Int64 = 0
  }

  private let lock = Lock()
  private let sets: Int
  private let places: UnsafeMutableBufferPointer<Place>
  private var clock: UInt64 = 0
  private static let ways = 4

  /// A cache of at most `limit` descriptors.
  init(limit: Int) {
    sets = max(1, limit / Self.ways)
    places = .allocate(capacity: sets * Self.ways)
    places.initialize(repeating: Place())
  }

  deinit {
    for place in places where place.descriptor >= 0 {
      _ = OwnedDescriptor(owning: place.descriptor)
    }
    places.deallocate()
  }

  private func firstPlace(of key: UInt64) -> Int {
    Int((key &* 0x9E37_79B9_7F4A_7C15) >> 40) % sets * Self.ways
  }

  /// The descriptor of a key, opened where it isn't there or was opened too long ago.
  func lease(
    _ key: UInt64, atMost age: Int64 = .max, open: () throws(Errno) -> OwnedDescriptor
  ) throws(Errno) -> Lease {
    let now = Self.now
    if let known = find(key, openedSince: age == .max ? 0 : now - age) { return known }
    let opened = try open()
    return keep(opened, key, now)
  }

  /// Closes everything that nobody uses.
  func closeIdle() {
    lock.lock()
    var closed: [Int32] = []
    for index in places.indices where places[index].descriptor >= 0 && places[index].users == 0 {
      closed.append(places[index].descriptor)
      places[index] = Place()
    }
    lock.unlock()
    for raw in closed { _ = OwnedDescriptor(owning: raw) }
  }

  /// Nanoseconds of a clock that costs next to nothing and ticks every few milliseconds.
  private static var now: Int64 { Timestamp.of(CLOCK_MONOTONIC_COARSE).nanoseconds }

  /// The descriptor of a key, where one is kept that was not opened before a moment.
  func find(_ key: UInt64, openedSince: Int64 = 0) -> Lease? {
    lock.lock()
    defer { lock.unlock() }
    let first = firstPlace(of: key)
    for index in first..<(first + Self.ways)
    where places[index].key == key && places[index].descriptor >= 0 {
      guard places[index].opened >= openedSince else { continue }
      clock += 1
      places[index].users += 1
      places[index].used = clock
      return Lease(
        descriptor: Descriptor(places[index].descriptor), place: Int32(index), cache: self)
    }
    return nil
  }

  /// Takes a descriptor over that was opened otherwise; nothing is kept for its key yet.
  func keep(_ opened: consuming OwnedDescriptor, as key: UInt64) {
    _ = keep(opened, key, Self.now)
  }

  private func keep(_ opened: consuming OwnedDescriptor, _ key: UInt64, _ now: Int64) -> Lease {
    let raw = opened.release()
    lock.lock()
    let first = firstPlace(of: key)
    let oldest = placeToTake(key, first)
    guard oldest >= 0 else {
      lock.unlock()
      return Lease(descriptor: Descriptor(raw), place: -1, cache: self)
    }
    clock += 1
    let before = places[oldest].descriptor
    places[oldest] = Place(
      key: key, descriptor: raw, users: 1, used: clock, opened: now)
    lock.unlock()
    if before >= 0 { _ = OwnedDescriptor(owning: before) }
    return Lease(descriptor: Descriptor(raw), place: Int32(oldest), cache: self)
  }

  /// The place of a set that a key may have, under the lock; -1: all are in use.
  ///
  /// One that is kept for the key already, as when two opened it at once or it has grown old, makes
  /// way: no key has two places.
  private func placeToTake(_ key: UInt64, _ first: Int) -> Int {
    var oldest = -1
    for index in first..<(first + Self.ways) {
      let isKeys = places[index].key == key
      if places[index].users > 0 {
        if isKeys { places[index].key = 0 }
        continue
      }
      if isKeys { return index }
      if oldest < 0 || places[index].used < places[oldest].used { oldest = index }
    }
    return oldest
  }

  /// Gives a descriptor back.
  private func giveBack(_ descriptor: Descriptor, _ place: Int32) {
    guard place >= 0 else {
      _ = OwnedDescriptor(owning: descriptor.raw)
      return
    }
    lock.lock()
    let index = Int(place)
    places[index].users -= 1
    // Key 0: it was dropped while in use.
    let isOver = places[index].users == 0 && places[index].key == 0
    let raw = places[index].descriptor
    if isOver { places[index] = Place() }
    lock.unlock()
    if isOver { _ = OwnedDescriptor(owning: raw) }
  }

  /// Closes the descriptor of a key, at once or when its last user gives it back.
  func drop(_ key: UInt64) {
    lock.lock()
    let first = firstPlace(of: key)
    var closed: Int32 = -1
    for index in first..<(first + Self.ways)
    where places[index].key == key && places[index].descriptor >= 0 {
      if places[index].users == 0 {
        closed = places[index].descriptor
        places[index] = Place()
      } else {
        places[index].key = 0
      }
    }
    lock.unlock()
    if closed >= 0 { _ = OwnedDescriptor(owning: closed) }
  }
}
