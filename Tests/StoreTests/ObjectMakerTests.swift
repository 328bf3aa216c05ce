import Linux
import Testing

@testable import Store

/// Files that are made elsewhere on the disk than where they belong.
@Suite struct ObjectMakerTests {
  private func files(_ place: TemporaryStore) throws -> SessionFiles {
    let directory = try place.directory()
    try SessionFiles.create(in: directory.borrowed)
    return try SessionFiles.open(place.directory())
  }

  private func nurseries(_ place: TemporaryStore) throws -> [ByteString] {
    let run = try Descriptor.currentDirectory.open(place.path.appending("run"), [.directory])
    return try run.borrowed.entryNames().filter { $0.bytes.starts(with: Array("nursery-".utf8)) }
  }

  private func names(_ place: TemporaryStore, _ directory: ByteString) throws -> Set<ByteString> {
    let opened = try Descriptor.currentDirectory.open(
      place.path.appending(directory), [.directory])
    return Set(try opened.borrowed.entryNames())
  }

  @Test func `wherever objects are made, they come to their own directory`() throws {
    let place = try TemporaryStore()
    let files = try files(place)
    // Every place is slow, so each trial ends with a move; more trials than are made in a row.
    let maker = ObjectMaker(slow: -1)
    let expected = (1...200).map { ObjectID($0) }
    for id in expected {
      let file = try maker.make(id, in: files, memoryIsFull: false)
      try file.borrowed.write(Array(id.fileName.utf8))
    }
    for id in expected {
      let file = try files.openObject(id)
      #expect(try file.borrowed.readAll(limit: 16) == Array(id.fileName.utf8))
    }
    #expect(try names(place, "objects") == Set(expected.map { ByteString($0.fileName) }))
    #expect(try nurseries(place).count <= 1)
    maker.close()
    #expect(try nurseries(place).isEmpty)
  }

  @Test func `kept content comes to its own directory as well`() throws {
    let place = try TemporaryStore()
    let files = try files(place)
    let maker = ObjectMaker(slow: -1)
    for number in 1...40 { _ = try maker.makeBase(ObjectID(Int64(number)), in: files) }
    #expect(try names(place, "base").count == 40)
    #expect(try names(place, "objects").isEmpty)
  }

  @Test func `a place that is fast is kept`() throws {
    let place = try TemporaryStore()
    let files = try files(place)
    let maker = ObjectMaker(slow: .max / 100)
    for number in 1...40 {
      _ = try maker.make(ObjectID(Int64(number)), in: files, memoryIsFull: false)
    }
    #expect(try nurseries(place).isEmpty)
  }

  @Test func `what a death left in a nursery is gone at the next start`() throws {
    let place = try TemporaryStore()
    try place.create().checkpoint()
    let run = try Descriptor.currentDirectory.open(place.path.appending("run"), [.directory])
    try run.borrowed.makeDirectory("nursery-left")
    let left = try run.borrowed.open("nursery-left", [.directory])
    _ = try left.borrowed.open("12", [.writeOnly, .create], mode: 0o600)
    _ = try place.open()
    #expect(try nurseries(place).isEmpty)
  }
}
