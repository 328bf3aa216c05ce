import Harness
import Linux
import Testing

/// What changed between two steps, as patches that git applies.
@Suite struct StepDiffTests {
  /// What each step does; between them everything a view can do to names and contents.
  static let scripts = [
    "echo 1 > a; mkdir d; echo x > d/x; chmod 755 old.sh; seq 50 > numbers",
    "mv tree moved; echo more >> moved/deep/file; rm gone; mv a b; sed -i s/7/seven/ numbers",
    "rm -r d; echo file > d; ln -s b link; rm -r moved/other; chmod 644 old.sh",
    "rm d; mkdir d; echo y > d/y; mv moved tree; echo back > gone; rm link; echo l > link",
  ]

  @Test func `the patch from any step to any other makes one tree of the other`() throws {
    let place = try Playground()
    try place.shell(
      """
      git init -q .; mkdir -p tree/deep tree/other; echo f > tree/deep/file; echo o > tree/other/o
      echo u > tree/untouched; echo gone > gone; echo sh > old.sh
      """)
    var steps: [Int] = [1]
    try place.shell("mkdir ../0; cp -a . ../0; rm -rf ../0/.git")
    for (index, script) in Self.scripts.enumerated() {
      let ended = try place.cowbox("run", "--", "sh", "-euc", script).run()
      #expect(ended.status == 0, "\(ended.complaint)")
      steps.append(2 * index + 2)
      let tree = try place.cowbox("run", "--", "tar", "c", "--exclude=./.git", ".").run()
      var unpack = Command(
        ["sh", "-c", "mkdir \(index + 1) && tar x -C \(index + 1)"], in: place.path,
        environment: Playground.environment)
      unpack.input = tree.output
      #expect(try unpack.run().status == 0)
    }
    for from in steps.indices {
      for to in steps.indices where from != to {
        let patch = try place.cowbox(
          "diff", "--from", "\(steps[from])", "--to", "\(steps[to])"
        ).run()
        #expect(patch.status == 0, "\(patch.complaint)")
        var apply = Command(
          [
            "sh", "-euc",
            """
            rm -rf t; cp -a \(from) t; cd t; git init -q .; git apply --whitespace=nowarn -
            find . -name .git -prune -o -type d -empty -print0 | xargs -0r rmdir; rm -rf .git
            cd ..; rm -rf w; cp -a \(to) w; diff -r --no-dereference w t
            (cd w; find . -type f -printf '%P %m\\n' | sort) > w.modes
            (cd t; find . -type f -printf '%P %m\\n' | sort) | diff w.modes -
            """,
          ], in: place.path, environment: Playground.environment)
        apply.input = patch.output
        let ended = try apply.run()
        #expect(ended.status == 0, "\(from) to \(to): \(ended.text)\(ended.complaint)\(patch.text)")
      }
    }
  }

  @Test func `a step's difference names what it renamed, and nothing that another step did`() throws
  {
    let place = try Playground()
    try place.shell("mkdir tree; echo f > tree/file; echo o > other")
    for script in ["mv tree moved; echo 1 > one", "echo 2 > two", "mv one three"] {
      #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    }
    func names(_ from: String, _ to: String) throws -> String {
      try place.cowbox("diff", "--name-status", "--from", from, "--to", to).run().text
    }
    #expect(try names("1", "2").contains("R100\ttree/file\tmoved/file\n"))
    #expect(try names("2", "3") == "A\ttwo\n")
    #expect(try names("3", "4") == "R100\tone\tthree\n")
    #expect(try names("4", "3") == "R100\tthree\tone\n")
  }
}
