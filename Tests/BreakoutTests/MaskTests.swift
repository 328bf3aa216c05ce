import Glibc
import Harness
import Linux
import Testing

/// Secrets in a home directory that a whole session shows copy-on-write.
@Suite struct MaskTests {
  @Test func `a secret stays hidden when the host replaces it under a running session`() throws {
    let place = try Playground()
    let home = place.path + "/home"
    try place.shell(
      """
      mkdir -p ../home/.aws ../home/real; cd ../home; echo SECRET > .netrc; echo SECRET > real/npmrc
      echo SECRET > .aws/credentials; ln -s real/npmrc .npmrc
      """)
    let script = """
      look() { cat ~/.netrc ~/.aws/credentials ~/.npmrc ~/real/npmrc 2>/dev/null; ls -A ~; echo "$1"; }
      look first; while ! test -e replaced; do sleep 0.05; done; sleep 1.2; look second
      echo mine > ~/.netrc; cat ~/.netrc
      """
    let running = try place.cowbox("run", "--", "sh", "-c", script, environment: ["HOME": home])
      .start()
    #expect(try running.waitFor("first"))
    try place.shell(
      """
      cd ../home; echo SECRET > new; mv new .netrc; mv .aws .aws.old; mkdir .aws
      echo SECRET > .aws/credentials; cd ../project; touch replaced
      """)
    let ended = try running.finish()
    #expect(ended.text.contains("second") && ended.text.contains("mine"), "\(ended.complaint)")
    #expect(!ended.text.contains("SECRET"), "\(ended.text)")
    #expect(try place.shell("cat ../home/.netrc") == "SECRET\n")
  }
}
