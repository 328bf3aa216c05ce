import Glibc
import Linux

// Programs that people run.
extension Client {
  var programs: [(name: String, body: () throws -> Int)] {
    [
      ("git add and commit", { try program(["sh", "-c", Self.commit]) }),
      ("git status, second run", { try secondStatus() }),
      ("make -j2 of 200 C files", makeProject),
      ("tar x of 10,000 files", unpack),
    ]
  }

  private static let commit =
    "git init -q . && git -c user.name=b -c user.email=b@b add d2 d3 d4 && "
    + "git -c user.name=b -c user.email=b@b commit -qm b"

  private func program(_ words: [String]) throws -> Int {
    try Command.require(words, in: root)
    return 1
  }

  private func secondStatus() throws -> Int {
    try Command.require(["git", "status", "--porcelain"], in: root)
    return 1
  }

  private func makeProject() throws -> Int {
    let script = """
      mkdir c && cd c && for i in $(seq 200); do
        echo "#include <stdio.h>
      int f$i(int a) { printf(\\"%d\\", a); return a * $i; }" > f$i.c; done
      printf 'OBJECTS = $(patsubst %%.c,%%.o,$(wildcard *.c))\\nlib.a: $(OBJECTS)\\n\\tar rc $@ $^\\n' \
        > Makefile
      make -j2
      """
    return try program(["sh", "-c", script])
  }

  private func unpack() throws -> Int {
    let script = """
      mkdir t && cd t && mkdir in && cd in && for i in $(seq 100); do mkdir d$i; done &&
      for i in $(seq 10000); do echo "line $i" > d$((i % 100 + 1))/f$i; done && cd .. &&
      tar cf a.tar in && rm -rf in && tar xf a.tar
      """
    return try program(["sh", "-c", script])
  }
}
