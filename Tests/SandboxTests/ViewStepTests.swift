import Linux
import Testing

@testable import Sandbox

/// The order in which a view is mounted.
@Suite struct ViewStepTests {
  @Test func `a project below the home directory is mounted after it`() {
    let plan = LaunchPlan(roots: [
      RootMount(id: 1, path: "/home/me/work/x"), RootMount(id: 2, path: "/home/me"),
    ])
    let targets = ViewStep.all(of: plan).map(\.target)
    #expect(
      targets == ["/dev", "/home/me", "/home/me/work/x", "/proc", "/run", "/tmp", "/var/tmp"])
  }

  @Test func `a mount point is made in memory of the box's own only`() throws {
    let plan = LaunchPlan(
      roots: [RootMount(id: 1, path: "/tmp/project")],
      mounts: [ExtraMount(source: "/a", target: "/srv/a", mode: .readOnly)])
    let steps = ViewStep.all(of: plan)
    #expect(steps.first { $0.target == "/tmp/project" }?.mayCreate == true)
    #expect(steps.first { $0.target == "/srv/a" }?.mayCreate == false)
  }

  @Test func `a declared mount takes the place of a usual one`() {
    let plan = LaunchPlan(mounts: [ExtraMount(source: "/tmp", target: "/tmp", mode: .readOnly)])
    #expect(ViewStep.all(of: plan).filter { $0.target == "/tmp" }.count == 1)
  }

  @Test func `orders and reports survive the socket`() {
    let orders: [Order] = [
      .proceed, .build, .spawn(ProcessNumber(rawValue: 7), .terminal),
      .signal(ProcessNumber(rawValue: 9), 15), .signal(nil, 9), .socket, .view,
    ]
    for order in orders { #expect(Order(order.bytes) == order) }
    let number = ProcessNumber(rawValue: 3)
    let reports: [Report] = [
      .devices, .ready(hasCovers: true, hasListener: false), .given(nil), .given(.invalid),
      .failed(.mask, .noEntry, "/x"), .failed(.fuseMount, .invalid, nil),
      .started(number), .notStarted(number, .execute, .noEntry), .stopped(number),
      .exited(number, 256),
    ]
    for report in reports { #expect(Report(report.bytes) == report) }
  }

  @Test func `a command survives the payload`() throws {
    let spawn = Spawn(
      words: ["a", "", "b c"], environment: ["X=\n"], directory: "/d", style: .terminal,
      creationMask: 0o077, timeout: 90_000)
    let read = try #require(Spawn(payload: spawn.payload, style: .terminal))
    #expect(read.words == spawn.words && read.environment == spawn.environment)
    #expect(read.directory == "/d" && read.creationMask == 0o077)
    #expect(read.timeout == 90_000)
  }
}
