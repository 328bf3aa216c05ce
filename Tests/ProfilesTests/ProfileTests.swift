import Linux
import Testing

@testable import Profiles

/// What a profile file may say, and how a mistake in it is told.
@Suite struct ProfileTests {
  private func layer(_ text: String) throws -> ProfileLayer {
    try ProfileLayer(Array(text.utf8), file: "test.toml")
  }

  private func mistake(_ text: String) -> String? {
    do {
      _ = try layer(text)
      return nil
    } catch { return "\(error)" }
  }

  @Test(arguments: [
    (
      "[network]\nmdoe = \"off\"",
      "test.toml:2:1: 'mdoe' is no key of [network]; did you mean 'mode'?"
    ),
    ("[limits]\nmemry = 1", "test.toml:2:1: 'memry' is no key of [limits]; did you mean 'memory'?"),
    (
      "base = \"hosst\"",
      "test.toml:1:1: 'hosst' is no 'base'; it is one of host, nothing; did you mean 'host'?"
    ),
    ("[env]\npass = 3", "test.toml:2:1: 'pass' must be a list of strings, not a whole number"),
    (
      "[[mount]]\nsource = \"~/x\"",
      "test.toml:2:1: a [[mount]] needs a mode: ro, rw, cow, tmpfs or mask"
    ),
    (
      "[limits]\nmemory = \"lots\"",
      "test.toml:2:1: 'memory' must be a size like \"512M\", not a string"
    ),
    ("[network]\npublish = [0]", "test.toml:2:12: a port is a number from 1 to 65535"),
    (
      "[[mount]]\nsource = \"~/x\"\ntarget = \"~/.ssh\"\nmode = \"mask\"",
      "test.toml:2:1: a [[mount]] of mode mask stays where it is and has no target"
    ),
    (
      "[seccomp]\ndeny = [\"@debug\", \"ptrce\"]",
      "test.toml:2:19: 'ptrce' is no system call or group of them; did you mean 'ptrace'?"
    ),
    (
      "[seccomp]\nallow = [\"@keyrin\"]",
      "test.toml:2:10: '@keyrin' is no system call or group of them; did you mean '@keyring'?"
    ),
    (
      "[capabilities]\nkeep = [\"CAP_SYS_ADMN\"]",
      "test.toml:2:9: 'CAP_SYS_ADMN' is no capability; did you mean 'sys_admin'?"
    ),
    ("[limits]\ncpus = \"0\"", "test.toml:2:1: 'cpus' must be a number of processors like 1.5"),
    ("[[mount]]\nsource = \"x\"\nmode = \"ro\"", "test.toml:2:1: 'x' must begin with /, ~ or $"),
  ])
  func `a mistake names its place and the nearest word`(text: String, sentence: String) {
    #expect(mistake(text) == sentence)
  }

  @Test func `all mistakes of a file are told at once, in its order`() throws {
    let text = """
      [netwrk]
      mode = "off"
      [limits]
      memory = "lots"
      procceses = 5
      [[mount]]
      source = "/x"
      mode = "rx"
      [[mount]]
      """
    let error = try #require(throws: ProfileError.self) { _ = try layer(text) }
    #expect(
      ([error] + error.others).map(\.description) == [
        "test.toml:1:2: 'netwrk' is no key of a profile; did you mean 'network'?",
        "test.toml:4:1: 'memory' must be a size like \"512M\", not a string",
        "test.toml:5:1: 'procceses' is no key of [limits]; did you mean 'processes'?",
        "test.toml:8:1: 'rx' is no 'mode'; it is one of ro, rw, cow, tmpfs, mask; did you mean 'ro'?",
        "test.toml:9:1: a [[mount]] needs a source, or a target for tmpfs",
      ])
  }

  @Test func `a profile that extends what is not there says where`() throws {
    let layer = try layer("extends = \"agnet\"\n")
    let error = try #require(throws: ProfileError.self) {
      try ProfileLibrary(userDirectory: nil).check(layer)
    }
    #expect("\(error)" == "test.toml:1:1: there is no profile 'agnet'; did you mean 'agent'?")
  }

  @Test func `text that is no TOML is told with its place`() {
    #expect(mistake("a = [1,")?.hasPrefix("test.toml:1:") == true)
    #expect(mistake("a = 1\na = 2")?.hasPrefix("test.toml:2:") == true)
  }

  @Test func `every shipped profile reads`() throws {
    let library = ProfileLibrary(userDirectory: nil)
    for (name, _) in library.names() {
      let loaded = try library.profile(named: name)
      #expect(!loaded.profile.summary.isEmpty, "\(name) has no description")
    }
    let agent = try library.profile(named: "agent").profile
    #expect(agent.mounts.contains { $0.source == "~/.ssh" && $0.mode == .mask })
    #expect(agent.mounts.contains { $0.source == "~/.claude.json" && $0.mode == .copyOnWrite })
    #expect(try library.profile(named: "open").profile.network.mode == .host)
    #expect(try library.profile(named: "strict").profile.base == .nothing)
  }

  @Test func `a profile that is not there names the nearest`() {
    #expect(throws: ProfileError(file: "", "there is no profile 'agnet'", suggestion: "agent")) {
      try ProfileLibrary(userDirectory: nil).profile(named: "agnet")
    }
  }

  @Test(arguments: [
    "[network]\nmode = \"host\"", "[network]\nallow = [\"example.org\"]", "fakeroot = true",
    "[[mount]]\nsource = \"~/.ssh\"\nmode = \"ro\"", "[[mount]]\nsource = \"/srv\"\nmode = \"rw\"",
    "[seccomp]\nallow = [\"bpf\"]", "[seccomp]\nmode = \"off\"", "[env]\npass = [\"AWS_*\"]",
    "[env]\nset = { PATH = \"/evil\" }", "user-namespaces = true", "extends = \"open\"",
    "[landlock]\nmode = \"off\"", "[capabilities]\nkeep = [\"sys_admin\"]",
    "[network]\npublish = [80]", "[[mount]]\ntarget = \"~/.ssh\"\nmode = \"tmpfs\"",
  ])
  func `a project that loosens itself is refused until it is trusted`(text: String) throws {
    let library = ProfileLibrary(userDirectory: nil)
    let usual = try library.profile(named: "default")
    let project = try layer(text)
    #expect(throws: ProfileError.self) { try library.adding(project, to: usual, isTrusted: false) }
    let trusted = try library.adding(project, to: usual, isTrusted: true)
    #expect(trusted.profile != usual.profile)
  }

  @Test(arguments: [
    "[network]\nmode = \"off\"", "[[mount]]\nsource = \"~/private\"\nmode = \"mask\"",
    "[seccomp]\ndeny = [\"@debug\"]", "[env]\ndeny = [\"EDITOR\"]", "[limits]\nmemory = \"1G\"",
    "[landlock]\nmode = \"required\"", "description = \"mine\"",
  ])
  func `a project may tighten without being trusted`(text: String) throws {
    let library = ProfileLibrary(userDirectory: nil)
    let usual = try library.profile(named: "default")
    _ = try library.adding(try layer(text), to: usual, isTrusted: false)
  }

  @Test(arguments: [("2", 2000), ("1.5", 1500), ("0.25", 250), ("1.125", 1125)])
  func `processors are counted in thousandths`(text: String, amount: UInt64) throws {
    #expect(Amount.processors(text) == amount)
    #expect(Amount.text(processors: amount) == text)
    let file = try layer("[limits]\ncpus = \(text)")
    var profile = Profile(name: "test")
    for (change, _, _) in file.changes { change.apply(to: &profile) }
    #expect(profile.limits.processors == amount)
    for wrong in ["", "0", "x", "1.", ".5", "-1", "1.2345", "1e3"] {
      #expect(Amount.processors(wrong) == nil, "\(wrong)")
    }
  }

  @Test func `other walls have other terms, and the same walls the same`() throws {
    let library = ProfileLibrary(userDirectory: nil)
    let usual = try library.profile(named: "default").profile
    #expect(try library.profile(named: "default").profile.terms == usual.terms)
    for text in [
      "[network]\nmode = \"host\"", "[limits]\nmemory = 1", "[seccomp]\ndeny = [\"@debug\"]",
      "[[mount]]\nsource = \"/srv\"\nmode = \"rw\"", "fakeroot = true", "user-namespaces = true",
      "[landlock]\nmode = \"off\"", "[capabilities]\nkeep = [\"chown\"]",
    ] {
      var profile = usual
      for (change, _, _) in try layer(text).changes { change.apply(to: &profile) }
      #expect(profile.terms != usual.terms, "\(text)")
    }
    var patient = usual
    patient.limits.wallSeconds = 5
    #expect(patient.terms == usual.terms)
  }

  @Test func `trust is bound to the exact content`() throws {
    #expect(try layer("fakeroot = true").hash != layer("fakeroot = true ").hash)
  }

  @Test func `a secret variable is not passed on, whatever allows it`() {
    var rules = EnvironmentRules()
    rules.pass = ["*"]
    rules.deny = ["*TOKEN*", "AWS_*", "*_SOCK"]
    rules.set = ["CI": "1"]
    let lines: [ByteString] = [
      "GH_TOKEN=x", "AWS_PROFILE=x", "SSH_AUTH_SOCK=x", "PATH=/bin", "CI=0", "TOKENIZER=1",
    ]
    #expect(rules.curate(lines) == ["CI=1", "PATH=/bin"])
  }

  @Test(arguments: [
    ("~", "/home/me"), ("~/x", "/home/me/x"), ("$CACHE/y", "/c/y"), ("/a//b/./c/", "/a/b/c"),
  ])
  func `a path's variables are filled in`(text: String, path: String) {
    let variables = PathVariables(home: "/home/me", environment: ["CACHE=/c", "EMPTY="])
    #expect(variables.expand(text) == ByteString(path))
    #expect(variables.expand("$EMPTY/x") == nil)
    #expect(variables.expand("$NONE/x") == nil)
  }

  @Test func `a network name matches itself and nothing else`() throws {
    let exact = try #require(NetworkName("Registry.example.org:8443"))
    #expect(exact.matches("registry.example.org.", port: 8443))
    #expect(!exact.matches("registry.example.org", port: 443))
    #expect(!exact.matches("evilregistry.example.org", port: 8443))
    let below = try #require(NetworkName("*.example.com"))
    #expect(below.matches("a.b.example.com", port: 443))
    #expect(!below.matches("example.com", port: 443))
    #expect(!below.matches("notexample.com", port: 443))
    #expect(!below.matches("a.example.com", port: 22))
    for text in ["", "a b", "https://x", "x:0", "x:99999", "*", "-x", "a:b:c"] {
      #expect(NetworkName(text) == nil, "\(text)")
    }
  }
}
