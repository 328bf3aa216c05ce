import Harness
import Linux
import Testing

/// Tools that people use every day, under the default profile: they don't notice the walls.
@Suite struct EverydayTests {
  struct Tool: CustomTestStringConvertible, Sendable {
    let name: String
    let script: String
    var testDescription: String { name }

    init(_ name: String, _ script: String) { (self.name, self.script) = (name, script) }
  }

  static let tools = [
    Tool(
      "git",
      """
      git init -q -b main .; git config user.name N; git config user.email e@x
      echo a > a; git add a; git commit -qm one; git switch -qc other; echo b > b; git add b
      git commit -qm two; git switch -q main; echo c > c; git add c; git commit -qm three
      git merge -q -m merged other; git gc -q; git fsck --strict; test "$(git log --oneline | wc -l)" = 4
      git worktree add -q ../wt 2>/dev/null || true; git stash list; git status --short
      """),
    Tool(
      "node and npm, offline",
      """
      mkdir dep; echo '{"name":"dep","version":"1.0.0","main":"i.js"}' > dep/package.json
      echo 'module.exports = 42' > dep/i.js
      echo '{"name":"p","version":"1.0.0","scripts":{"test":"node t.js"},
        "dependencies":{"dep":"file:./dep"}}' > package.json
      echo 'require("assert").equal(require("dep"), 42);
        require("fs").writeFileSync("out", "x"); new (require("worker_threads").Worker)(
        "require(\\"child_process\\").execSync(\\"true\\")", {eval: true})' > t.js
      npm install --offline --no-audit --no-fund --loglevel=error; npm test --offline
      """),
    Tool(
      "a Python environment and pytest",
      """
      /usr/bin/python3 -m venv --system-site-packages v
      echo 'def test_one(tmp_path): (tmp_path / "f").write_text("x"); assert 1 + 1 == 2' > test_one.py
      v/bin/python -m pytest -q test_one.py
      v/bin/python -c 'import multiprocessing as m; print(m.Pool(2).map(abs, [-1, -2]))'
      """),
    Tool(
      "make and gcc",
      """
      echo 'int main(void) { return 0; }' > m.c
      printf 'p: m.o\\n\\tgcc -o p m.o\\nm.o: m.c\\n\\tgcc -g -O2 -pipe -c m.c\\n' > Makefile
      make -s -j2; ./p; ar rcs libm.a m.o; strip p; ./p
      """),
    Tool(
      "bash", "bash --norc -ic 'sleep 0.01 & wait; shopt -s globstar; echo **; cat <(echo sub)'"),
    Tool("vim", "printf 'a\\nb\\n' > f; vim.tiny -u NONE -Nes -c '%s/a/z/' -c wq f; grep -q z f"),
    Tool(
      "sqlite3",
      """
      sqlite3 d 'pragma journal_mode=wal; create table t(x); insert into t values(1);'
      sqlite3 d 'begin immediate; insert into t values(2); commit; select sum(x) from t;' | grep -x 3
      sqlite3 d 'pragma integrity_check;' | grep -x ok
      """),
    Tool("ssh", "ssh -V"),
    Tool(
      "tar",
      "mkdir -p d/e; ln -s e d/l; echo x > d/e/f; ln d/e/f d/h; tar cf t.tar d; rm -r d; tar xpf t.tar;"
        + " test d/h -ef d/e/f; test -L d/l; tar czf t.tgz d; tar tzf t.tgz"),
    Tool(
      "rsync",
      "mkdir -p a/b; echo x > a/b/f; rsync -a --delete a/ c/; diff -r a c; echo yes > a/b/f; rsync -aHAX a/ c/;"
        + " grep -q y c/b/f"),
    Tool(
      "gdb on its own child",
      """
      echo 'int f(int x) { return x + 1; } int main(void) { return f(1) - 2; }' > m.c; gcc -g -O0 -o p m.c
      gdb -q -batch -nx -ex 'break f' -ex run -ex bt -ex 'print x' -ex continue ./p > out 2>&1
      grep -q '^#1 .* main' out; grep -q 'exited normally' out
      """),
    Tool(
      "strace on its own child",
      "strace -f -o out sh -c 'true; /bin/true'; grep -q execve out; grep -q 'exited with 0' out"),
    Tool(
      "the small ones",
      """
      seq 100 | shuf | sort -n | tail -n 1 | grep -x 100; find / -maxdepth 1 > /dev/null
      echo x | gzip | gunzip; date; id; ps aux > /dev/null; df . > /dev/null; du -s . > /dev/null
      mktemp; mkfifo p; (echo through > p &); cat p; flock f echo locked; timeout 5 true; nice true
      awk 'BEGIN { print 6 * 7 }'; sed -i s/a/b/ /dev/null 2>/dev/null || true; xargs -P 2 echo < /dev/null
      script -qc true /dev/null > /dev/null; nohup true; setsid true; getent passwd root; stdbuf -o0 true
      """),
    Tool(
      "servers on loopback",
      """
      /usr/bin/python3 -c '
      import socket, threading
      s = socket.create_server(("127.0.0.1", 0)); t = socket.create_server(("::1", 0), family=socket.AF_INET6)
      for l in s, t:
        threading.Thread(target=lambda: l.accept()[0].sendall(b"x")).start()
        print(socket.create_connection(l.getsockname()[:2]).recv(1))'
      """),
  ]

  @Test(arguments: tools)
  func `an everyday tool does not notice the walls`(tool: Tool) throws {
    let place = try Playground()
    try place.shell("mkdir -p ../home; echo kept > kept")
    let before = try Playground.fingerprint(of: place.project)
    var command = place.cowbox(
      "run", "--", "sh", "-euc", tool.script, environment: ["HOME": place.path + "/home"])
    command.milliseconds = 180_000
    let ended = try command.run()
    #expect(ended.status == 0, "\(ended.text)\n\(ended.complaint)")
    #expect(try Playground.fingerprint(of: place.project) == before)
  }
}
