import Harness
import Linux
import Rehearsal
import Store
import Testing

@testable import Changes

@Suite struct RiskTests {
  @Test(arguments: [
    ("sub/.git/hooks/pre-push", [Risk.gitHooks]), ("bare.git/hooks/update", [.gitHooks]),
    (".git/hooks", []), (".git/modules/a/b/config", [.gitConfig]),
    (".git/modules/a/hooks/post-merge", [.gitHooks]),
    (".GitHub/Workflows/ci.yml", [.continuousIntegration]), ("github/workflows/ci.yml", []),
    ("JENKINSFILE", [.continuousIntegration]), ("a/.envrc", [.shellStartup]),
    (".vscode/tasks.json", [.editor]), (".vscode.md", []), ("deep/down/Makefile", [.tasks]),
    ("makefile.am", []), (".cargo/config.toml", [.tasks]), ("cargo/config.toml", []),
  ])
  func `a file is a risk by where it is`(path: String, risks: [Risk]) {
    #expect(RiskTable.risks(at: ByteString(path)) == risks)
  }

  @Test func `every pattern of the table finds what it names`() {
    for (risk, patterns) in RiskTable.patterns {
      for pattern in patterns {
        let path = pattern.split(separator: "/")
          .map { $0 == "**" ? "any/thing" : $0.replacing("*", with: "x") }
        let found = RiskTable.risks(at: ByteString(path.joined(separator: "/")))
        #expect(found.contains(risk), "\(pattern)")
      }
    }
  }

  @Test func `what a directory or a symlink brings along is held back as well`() throws {
    let session = try Rehearsal(
      "mkdir -p .git/hooks tools/workflows; echo x > tools/workflows/ci.yml; echo x > tools/pre-push"
    )
    try session.rename(".git/hooks", ".git/unused")
    try session.makeSymlink(".git/hooks", to: "../tools")
    try session.rename("tools", ".github")
    let reader = try session.reader()
    let plan = try Plan(reader: reader, root: session.root, lower: session.lower)
    let found = plan.risks().map { "\($0.0.path.printable) \($0.1.map(\.rawValue))" }
    #expect(found.sorted() == [".git/hooks [\"git-hooks\"]", ".github [\"ci\"]"])
  }
}
