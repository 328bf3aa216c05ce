import Harness
import Testing

/// What a mask covers, where the whole directory is the session's.
@Suite struct HiddenPlaceTests {
  @Test func `what is made and removed at a masked place takes nothing of the host's away`() throws
  {
    let place = try Playground()
    try place.shell("mkdir d; echo key > d/secret; mkdir keys; echo other > other")
    let script = """
      echo mine > d/secret; rm d/secret; mkdir keys; rmdir keys; mv other d/secret; mv d/secret x
      """
    let ended = try place.cowbox(
      "run", "--mask", "d/secret", "--mask", "keys", "--", "sh", "-euc", script
    ).run()
    #expect(ended.status == 0, "\(ended.complaint)")
    let changes = try place.cowbox("diff", "--name-status").run()
    #expect(
      changes.text.hasPrefix("R") && changes.text.hasSuffix("\tother\tx\n"), "\(changes.text)")
    #expect(changes.text.split(separator: "\n").count == 1)
    #expect(try place.cowbox("apply").run().status == 0)
    #expect(try place.shell("cat d/secret x; ls") == "key\nother\nd\nkeys\nx\n")
  }
}
