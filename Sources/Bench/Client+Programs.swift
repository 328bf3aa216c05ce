import Glibc
import Linux

// Programs that people run.
extension Client {
  var programPhases: [Phase] {
    [
      Phase("git", "git add and commit") { try program(["sh", "-c", Self.commit]) },
      Phase("git", "git status, second run", [.times(1.3, .native)], prepare: { _ = try status() })
      {
        try status()
      },
      Phase("make", "make -j2 of 300 C files", [.times(1.15, .native)], prepare: writeProject) {
        try program(["make", "-s", "-C", "c", "-j2"])
      },
      Phase("tar", "tar x of 10,000 files", [.times(2, .native)]) {
        try program(["tar", "xf", archive])
      },
    ]
  }

  private static let commit =
    "git init -q . && git -c user.name=b -c user.email=b@b add d[0-9]* && "
    + "git -c user.name=b -c user.email=b@b commit -qm b"

  private func program(_ words: [String]) throws -> Int {
    try Command.require(words, in: root)
    return 1
  }

  private func status() throws -> Int { try program(["git", "status", "--porcelain"]) }

  private func writeProject() throws {
    let script = """
      mkdir c && cd c && for i in $(seq 300); do
        echo "#include <stdio.h>
      int f$i(int a) { printf(\\"%d\\", a); return a * $i; }" > f$i.c; done
      printf 'OBJECTS = $(patsubst %%.c,%%.o,$(wildcard *.c))\\nlib.a: $(OBJECTS)\\n\\tar rc $@ $^\\n' \
        > Makefile
      """
    _ = try program(["sh", "-c", script])
  }

  /// Makes the archive that every side unpacks: 10,000 files in a hundred directories.
  static func makeArchive(at path: String, in scratch: String) throws {
    let script = """
      mkdir in && cd in && for i in $(seq 100); do mkdir d$i; done &&
      for i in $(seq 10000); do echo "line $i" > d$((i % 100 + 1))/f$i; done && cd .. &&
      tar cf "$0" in && rm -rf in
      """
    try Command.require(["sh", "-c", script, path], in: scratch)
  }
}
