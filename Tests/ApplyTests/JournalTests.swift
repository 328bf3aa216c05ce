import Changes
import Linux
import Testing

@testable import Apply

@Suite struct JournalTests {
  @Test func `a journal is read as it was written`() throws {
    var journal = Journal(root: 1, plan: "abc")
    journal.stages = ["a stage"]
    journal.operations = [.take(Slot(stage: 0, number: 1), "a\nb %", .unknown)]
    #expect(try JournalReader.read(JournalText(journal).bytes) == journal)
  }

  @Test func `a journal of another version is named so, not called damaged`() throws {
    let text = String(decoding: JournalText(Journal()).bytes, as: UTF8.self)
    let other = text.replacing("cowbox-journal 2", with: "cowbox-journal 1")
    #expect(throws: JournalReader.Failure.version(1)) { try JournalReader.read(Array(other.utf8)) }
    #expect(throws: JournalReader.Failure.damage) {
      try JournalReader.read(Array(text.utf8.dropLast(4)))
    }
    let words = ApplyError.foreignJournal("x/journal", version: 1).description
    #expect(words.contains("of version 1, this cowbox reads version 2"))
  }
}
