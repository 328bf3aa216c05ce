import Linux
import Profiles
import Testing

@testable import Confinement

/// The filter of system calls, as data and as a program.
@Suite struct CallFilterTests {
  @Test(arguments: ["x86_64", "aarch64"])
  func `the filter compiles for every architecture`(architecture: String) throws {
    let filter = try CallFilter.compile(
      CallRules(), userNamespaces: false, architecture: architecture)
    let program = try #require(filter)
    #expect(program.instructions.count % 8 == 0)
    // The kernel takes 4096 instructions at most.
    #expect(program.instructions.count / 8 < 4096)
  }

  @Test func `every name of a group is known to libseccomp or newer than it`() {
    let newer: Set<String> = [
      "fchmodat2", "statmount", "listmount", "cachestat", "getxattrat", "listxattrat",
      "removexattrat", "setxattrat", "file_getattr", "file_setattr", "map_shadow_stack", "mseal",
      "futex_requeue", "futex_wait", "futex_wake", "open_tree_attr", "set_mempolicy_home_node",
      "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
    ]
    for group in CallGroups.all {
      for call in group.calls where !newer.contains(call) {
        #expect(CallFilter.isKnown(call), "'\(call)' of \(group.name) is unknown")
      }
    }
  }

  @Test func `a call belongs to one group`() {
    var seen: Set<String> = []
    for group in CallGroups.all {
      for call in group.calls { #expect(seen.insert(call).inserted, "'\(call)' is listed twice") }
    }
  }

  @Test func `what a profile denies stays denied though a group allows it`() {
    var rules = CallRules()
    rules.deny = ["@debug"]
    rules.allow = ["bpf", "ptrace"]
    let decision = CallDecision(rules, userNamespaces: false)
    #expect(decision.forbidden.contains("ptrace"))
    #expect(decision.allowed.contains("bpf"))
    #expect(!decision.allowed.contains("ptrace"))
  }

  @Test func `namespaces are allowed only where the profile says so`() {
    #expect(!CallDecision(CallRules(), userNamespaces: false).allowsNamespaces)
    let open = CallDecision(CallRules(), userNamespaces: true)
    #expect(open.allowsNamespaces && open.allowed.contains("mount"))
  }

  @Test func `Landlock is put up as far as the kernel goes`() {
    var profile = Profile(name: "test")
    #expect(LandlockRules(profile, version: 0) == nil)
    #expect(LandlockRules(profile, version: 6)?.scopes == 3)
    #expect(LandlockRules(profile, version: 2)?.handledFiles == 0x3FFF)
    profile.landlock = .required
    #expect(LandlockRules(profile, version: 0) != nil)
    profile.landlock = .off
    #expect(LandlockRules(profile, version: 7) == nil)
  }
}
