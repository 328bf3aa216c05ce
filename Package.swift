// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: warnings are errors, and glibc shows its GNU calls.
let swift: [SwiftSetting] = [
  .treatAllWarnings(as: .error), .swiftLanguageMode(.v6),
]
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

/// A room of the house; `uses` is its line in the table of cowbox-internals(7).
func room(
  _ name: String, uses: [Target.Dependency] = [], exclude: [String] = [],
  resources: [Resource]? = nil
) -> Target {
  .target(
    name: name, dependencies: uses, exclude: exclude, resources: resources, cSettings: gnu,
    swiftSettings: swift)
}

/// The tests of one room, or of a promise that spans several.
func tests(_ name: String, of uses: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: uses, cSettings: gnu, swiftSettings: swift)
}

let package = Package(
  name: "cowbox",
  products: [
    .executable(name: "cowbox", targets: ["cowbox"]),
    .library(name: "CowboxKit", targets: ["CowboxKit"]),
  ],
  targets: [
    .target(
      name: "CLinux",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .systemLibrary(name: "CFuse", pkgConfig: "fuse3", providers: [.apt(["libfuse3-dev"])]),
    .systemLibrary(
      name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "CGit2",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "CToml", cxxSettings: [.unsafeFlags(["-std=c++17", "-fexceptions"])],
      linkerSettings: [.linkedLibrary("stdc++")]),

    room("Linux", uses: ["CLinux"]),
    room("Messages", uses: ["Linux"]),
    room("Store", uses: ["Linux", "CSQLite"]),
    room("Through", uses: ["Linux"]),
    room("Overlay", uses: ["Linux", "Store", "Through", "CFuse"]),
    room(
      "Profiles", uses: ["Linux", "CToml"], exclude: ["Shipped/apparmor.cowbox"],
      resources: ["default", "strict", "open", "agent", "secrets"].map {
        .embedInCode("Shipped/\($0).toml")
      }),
    room("Confinement", uses: ["Linux", "Profiles", "CSeccomp", "CCap"]),
    room("Sandbox", uses: ["Linux", "Confinement", "Profiles"]),
    room(
      "Changes", uses: ["Linux", "Store", "CGit2"],
      resources: ["page.css", "page.js"].map { .embedInCode("Rendering/Page/\($0)") }),
    room("Archives", uses: ["Linux", "Store", "Changes", "CZlib", "CGit2"]),
    room("Apply", uses: ["Linux", "Changes", "Store"]),
    room(
      "Sessions",
      uses: ["Linux", "Messages", "Sandbox", "Overlay", "Through", "Store", "Profiles"]),
    room("CowboxKit", uses: ["Linux", "Messages"]),
    room("Agents", uses: ["Linux", "CLinux", "Sessions"]),
    room(
      "Commands",
      uses: ["Linux", "Agents", "Sessions", "Apply", "Archives", "Changes", "Store", "Profiles"]),
    .executableTarget(name: "cowbox", dependencies: ["Commands"], swiftSettings: swift),
    .executableTarget(
      name: "cowbox-bench", dependencies: ["Linux", "CLinux", "Store", "Overlay"],
      path: "Sources/Bench", cSettings: gnu, swiftSettings: swift),

    .target(
      name: "Harness", dependencies: ["Linux", "CLinux"], path: "Tests/Harness", cSettings: gnu,
      swiftSettings: swift),
    .target(
      name: "CDifferential", path: "Tests/CDifferential",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "Differential",
      dependencies: [
        "Harness", "Linux", "CLinux", "Store", "Overlay", "Through", "CDifferential",
      ],
      path: "Tests/Differential", cSettings: gnu, swiftSettings: swift),
    .executableTarget(
      name: "cowbox-fuzz", dependencies: ["Differential", "Rehearsal", "Linux"], path: "Tests/Fuzz",
      cSettings: gnu, swiftSettings: swift),
    tests("HouseTests", of: ["Harness", "Linux"]),
    tests("CommandsTests", of: ["Harness", "Commands", "Sessions", "Linux"]),
    .executableTarget(
      name: "kit-example", dependencies: ["CowboxKit"], path: "Tests/KitExample",
      swiftSettings: swift),
    tests("CowboxKitTests", of: ["Harness", "CowboxKit", "kit-example"]),
    .testTarget(
      name: "AgentsTests", dependencies: ["Harness", "Linux"], exclude: ["Python"],
      swiftSettings: swift),
    tests("SessionsTests", of: ["Harness", "Sessions", "Linux"]),
    .executableTarget(
      name: "box-probe", dependencies: ["Linux", "Profiles", "Sandbox"], path: "Tests/BoxProbe",
      swiftSettings: swift),
    .executableTarget(
      name: "breakout", path: "Tests/Breakout",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    tests("BreakoutTests", of: ["Harness", "Linux", "box-probe", "breakout"]),
    tests("ProfilesTests", of: ["Profiles", "Linux"]),
    tests("ConfinementTests", of: ["Confinement", "Profiles", "Linux"]),
    tests("SandboxTests", of: ["Harness", "Sandbox", "Profiles", "Linux", "box-probe"]),
    tests("LinuxTests", of: ["Linux"]),
    tests("ArchivesTests", of: ["Harness", "Archives", "Changes", "Store", "Linux"]),
    tests("StoreTests", of: ["Store", "Linux"]),
    tests("OverlayTests", of: ["Harness", "Differential", "Linux"]),
    .target(
      name: "Rehearsal", dependencies: ["Linux", "Store", "Harness"], path: "Tests/Rehearsal",
      cSettings: gnu, swiftSettings: swift),
    .target(
      name: "CTrace", path: "Tests/CTrace",
      cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
    .target(
      name: "Crash",
      dependencies: ["CTrace", "Rehearsal", "Harness", "Apply", "Changes", "Store", "Linux"],
      path: "Tests/Crash", cSettings: gnu, swiftSettings: swift),
    .executableTarget(
      name: "cowbox-crash", dependencies: ["Crash", "Linux"], path: "Tests/CrashProgram",
      swiftSettings: swift),
    tests("ChangesTests", of: ["Rehearsal", "Harness", "Changes", "Store", "Linux"]),
    tests(
      "ApplyTests",
      of: ["Crash", "cowbox-crash", "Rehearsal", "Harness", "Apply", "Changes", "Store", "Linux"]),
  ],
  cxxLanguageStandard: .cxx17
)
