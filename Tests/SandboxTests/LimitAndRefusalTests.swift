import Linux
import Testing

@testable import Sandbox

/// What is told of refusals, and where limits are held, as far as it can be seen without a box.
@Suite struct LimitAndRefusalTests {
  private func tree(_ groups: String, _ mounts: String) -> ControlGroupTree {
    ControlGroupTree(groups: Array(groups.utf8), mounts: Array(mounts.utf8))
  }

  @Test func `version 2 is found with the group below its mount`() {
    let tree = tree(
      "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n",
      "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n")
    #expect(tree.unified?.mount == "/sys/fs/cgroup")
    #expect(
      tree.unified?.own
        == "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope")
    #expect(tree.separate.isEmpty)
  }

  @Test func `version 1 is found for each controller, also where two are mounted together`() {
    let tree = tree(
      "4:memory:/one\n3:cpu,cpuacct:/\n2:pids:/deep/er\n1:name=systemd:/\n0::/\n",
      """
      40 30 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      41 30 0:34 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
      42 30 0:35 /deep /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
      43 30 0:36 / / rw - ext4 /dev/root rw

      """)
    #expect(tree.unified == nil)
    #expect(tree.separate["memory"] == "/sys/fs/cgroup/memory/one")
    #expect(tree.separate["cpu"] == "/sys/fs/cgroup/cpu,cpuacct")
    #expect(tree.separate["pids"] == "/sys/fs/cgroup/pids/er")
  }

  @Test func `a group that the mount does not show is none`() {
    let tree = tree(
      "0::/../../elsewhere\n", "31 23 0:27 /docker/a /sys/fs/cgroup ro - cgroup2 cgroup rw\n")
    #expect(tree.unified == nil)
  }

  @Test func `without a tree no limit is held, and each says so`() {
    var limits = SharedLimits()
    (limits.memory, limits.processes, limits.processors) = (1 << 30, 100, 1500)
    let group = ControlGroup(for: limits, in: tree("", ""))
    for controller in SharedLimits.Controller.allCases { #expect(!group.holds(controller)) }
  }

  @Test func `a question to a name server is read, refused, and nothing else is`() {
    let question: [UInt8] =
      [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3] + Array("WwW".utf8) + [7]
      + Array("example".utf8) + [3] + Array("org".utf8) + [0, 0, 1, 0, 1]
    #expect(NameQuestion.name(in: question) == "www.example.org")
    let answer = NameQuestion.refusal(of: question)
    #expect(answer?[2] == 0x81 && answer?[3] == 0x85 && answer?.prefix(2) == [0x12, 0x34])
    #expect(NameQuestion.name(in: answer ?? []) == nil, "an answer is no question")
    for cut in 0..<question.count { _ = NameQuestion.name(in: Array(question.prefix(cut))) }
    var endless = question
    endless[12] = 0xC0
    #expect(NameQuestion.name(in: endless) == nil)
  }

  @Test func `what a command chose is not handed back to be typed`() {
    let told = Refusal.name("$(reboot).example.org:443", 1, "rule")
    #expect(told.remedy == nil)
    #expect(!Refusal.name("a\u{1B}[2Jb", 1, "rule").what.contains("\u{1B}"))
    #expect(Refusal.name("example.org:443", 1, "rule").remedy == "--allow-net example.org:443")
  }

  @Test func `what was refused before is not told again`() {
    let before = [Refusal.masked("/a", 2), .masked("/b", 1)]
    let now = [Refusal.masked("/a", 5), .masked("/b", 1), .masked("/c", 1)]
    #expect(Refusal.added(now, since: before) == [.masked("/a", 3), .masked("/c", 1)])
  }
}
