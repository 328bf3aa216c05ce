import Glibc
import Harness
import Linux
import Testing

/// What `cowbox run` builds around a command, tells of it, and holds others to.
@Suite struct WallTests {
  @Test func `every wall is told, up or down, with its kind and what is not contained`() throws {
    let place = try Playground()
    let ended = try place.cowbox("run", "-v", "--net", "host", "--", "true").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    for words in [
      "system-calls      up     seccomp", "network           down   the host's network",
      "not contained: ", "capabilities      up     none, in all five sets",
    ] { #expect(ended.complaint.contains(words), "\(words) is missing in \(ended.complaint)") }
    let running = try place.cowbox("run", "--", "sh", "-c", "echo up; exec sleep 60").start()
    #expect(try running.waitFor("up"))
    let told = try place.cowbox("status", "--walls", "--json").run().text
    #expect(told.contains("\"running\": true") && told.contains("\"name\": \"landlock\""))
    #expect(told.contains("\"notContained\""))
    running.signal(SIGTERM)
    _ = try running.finish()
    #expect(try place.cowbox("run", "--", "touch", "new").run().status == 0)
    let resting = try place.cowbox("status", "--walls").run().text
    #expect(
      resting.contains("session           up     changes stay in it below \(place.project)"),
      "\(resting)")
  }

  @Test func `who joins a running session asks for its walls or is refused`() throws {
    let place = try Playground()
    let running = try place.cowbox("run", "--", "sh", "-c", "echo up; exec sleep 60").start()
    #expect(try running.waitFor("up"))
    #expect(try place.cowbox("run", "--env", "A=1", "--", "true").run().status == 0)
    for words in [
      ["--net", "host"], ["--ro", "/usr"], ["--memory", "1G"], ["--seccomp", "off"],
    ] {
      for verb in ["run", "exec"] {
        var command = place.cowbox(verb)
        command.words += words + ["--", "true"]
        let refused = try command.run()
        #expect(refused.status == 2, "\(verb) \(words)")
        #expect(refused.complaint.contains("running behind other walls than asked for"))
      }
    }
    let late = try place.cowbox("run", "--timeout", "1s", "--", "sleep", "60").run()
    #expect(late.status == 124 && late.complaint.contains("its time was over"))
    running.signal(SIGTERM)
    _ = try running.finish()
    let open = try place.cowbox("run", "--net", "host", "--", "sh", "-c", "echo up; exec sleep 60")
      .start()
    #expect(try open.waitFor("up"))
    #expect(try place.cowbox("run", "--", "true").run().status == 2)
    #expect(try place.cowbox("exec", "--", "true").run().status == 0)
    open.signal(SIGTERM)
    _ = try open.finish()
  }

  @Test func `a session that exists shows another directory when a run asks for it`() throws {
    let place = try Playground()
    try place.shell("mkdir ../more ../home ../other; echo old > ../more/a")
    let home = ["HOME": place.path + "/home"]
    let first = place.cowbox("run", "--", "touch", "x", environment: home)
    #expect(try first.run().status == 0)
    let more = place.path + "/more"
    let script = "cat \(more)/a; echo new > \(more)/a; echo y > \(more)/b"
    let ended = try place.cowbox("run", "--cow", more, "--", "sh", "-c", script, environment: home)
      .run()
    #expect(ended.status == 0 && ended.text == "old\n", "\(ended.complaint)")
    #expect(try place.shell("cat ../more/*") == "old\n")
    let changed = try place.cowbox("diff", "--root", more, "--name-status").run()
    #expect(changed.text == "M\ta\nA\tb\n", "\(changed.complaint)")
    #expect(try place.cowbox("undo").run().status == 0)
    #expect(try place.cowbox("redo").run().status == 0)
    #expect(try place.cowbox("apply", "--root", more).run().status == 0)
    #expect(try place.shell("cat ../more/*") == "new\ny\n")
    #expect(try place.cowbox("fsck").run().status == 0)
    let other = ["HOME": place.path + "/other"]
    let refused = try place.cowbox("run", "--", "true", environment: other).run()
    #expect(refused.status == 125 || refused.status == 2)
    #expect(refused.complaint.contains("has another home than"), "\(refused.complaint)")
  }

  @Test func `what was refused is told with what allows it`() throws {
    let place = try Playground()
    let home = place.path + "/home"
    try place.shell("mkdir -p ../home/.ssh; echo SECRET > ../home/.ssh/key; echo x > ../masked")
    let script = """
      cat ~/.ssh/key '\(place.path)/masked'; unshare -U true; getent hosts example.org; exit 3
      """
    let ended = try place.cowbox(
      "run", "--ro", "\(place.path)/masked", "--mask", "\(place.path)/masked", "--", "sh", "-c",
      script, environment: ["HOME": home]
    ).run()
    #expect(ended.status == 3)
    for words in [
      "refused: reading '\(home)/.ssh'", "allow it with --ro \(home)/.ssh",
      "refused: reading '\(place.path)/masked' (mask)",
      "refused: the system call unshare of namespaces ([seccomp] @namespaces); allow it with "
        + "--allow-userns",
      "refused: the network for example.org", "allow it with --allow-net example.org",
    ] { #expect(ended.complaint.contains(words), "'\(words)' in \(ended.complaint)") }
    let log = try place.cowbox("log").run().text
    #expect(log.contains("refused: the network for example.org"), "\(log)")
    #expect(try place.cowbox("log", "--json").run().text.contains("\"kind\": \"system-call\""))
    let fine = try place.cowbox("run", "--", "sh", "-c", "unshare -U true; true").run()
    #expect(!fine.complaint.contains("refused"), "a run that went well needs no explanation")
  }

  @Test func `with --seccomp=log nothing is refused and all of it is told`() throws {
    let place = try Playground()
    let ended = try place.cowbox("run", "--seccomp=log", "--", "unshare", "-U", "true").run()
    #expect(ended.status == 0, "\(ended.complaint)")
    #expect(ended.complaint.contains("would have been refused: the system call unshare"))
    #expect(ended.complaint.contains("--allow-userns"))
  }

  @Test func `a secret stays one under its other names`() throws {
    let place = try Playground()
    try place.shell(
      "mkdir -p ../home/.ssh; echo SECRET > ../home/.ssh/key; ln ../home/.ssh/key twin")
    let ended = try place.cowbox(
      "run", "--", "sh", "-c", "cat twin; cat ./twin; ln twin other; cat other",
      environment: ["HOME": place.path + "/home"]
    ).run()
    #expect(!ended.text.contains("SECRET"))
    #expect(try place.shell("cat twin") == "SECRET\n")
  }

  @Test func `the host reaches a published port, and only while the run lasts`() throws {
    let place = try Playground()
    let port = 20_000 + Int(getpid()) % 20_000
    let server = """
      import socket; s = socket.create_server(('127.0.0.1', \(port))); print('up', flush=True)
      while True:
        c = s.accept()[0]; c.sendall(c.recv(100).upper()); c.close()
      """
    let running = try place.cowbox(
      "run", "--publish", "\(port)", "--", "/usr/bin/python3", "-c", server
    ).start()
    #expect(try running.waitFor("up"))
    let client = """
      /usr/bin/python3 -c "import socket; s = socket.create_connection(('127.0.0.1', \(port)));
      s.sendall(b'hello'); print(s.recv(100).decode())"
      """
    #expect(try place.shell(client) == "HELLO\n")
    let taken = try place.cowbox("run", "--new", "--publish", "\(port)", "--", "true").run()
    #expect(taken.complaint.contains("cannot publish port \(port): address already in use"))
    running.signal(SIGTERM)
    _ = try running.finish()
    #expect(throws: Playground.ShellFailure.self) { try place.shell(client) }
  }

  @Test func `memory and processes have an end, and so has time`() throws {
    let place = try Playground()
    let eat = "x = bytearray(400 << 20)"
    let memory = try place.cowbox(
      "run", "--memory", "120M", "--", "/usr/bin/python3", "-c", eat
    ).run()
    #expect(memory.status != 0)
    let forks =
      "import os,time\nfor i in range(60):\n  if os.fork() == 0: time.sleep(9); os._exit(0)"
    let pids = try place.cowbox("run", "--pids", "30", "--", "/usr/bin/python3", "-c", forks).run()
    // Root without control groups of its own gets no such run at all.
    #expect(pids.status != 0, "\(pids.complaint)")
    let stubborn = "trap '' TERM; while :; do sleep 0.1; done"
    let time = try place.cowbox("run", "--timeout", "1s", "--", "sh", "-c", stubborn).run()
    #expect(time.status == 124)
    #expect(try place.cowbox("status", "--walls", "--json").run().status != 127)
  }

  @Test func `nothing that a run starts outlives it`() throws {
    let place = try Playground()
    let marker = "97.\(getpid())"
    let script = "setsid sh -c 'setsid sleep \(marker) & exit' & (sleep \(marker) &) ; exit 0"
    #expect(try place.cowbox("run", "--", "sh", "-c", script).run().status == 0)
    try place.shell(
      "for i in $(seq 100); do pgrep -f '^sleep \(marker)' >/dev/null || exit 0; sleep 0.05; done; exit 1"
    )
  }

  @Test func `doctor tries each wall from inside and finds none to cross`() throws {
    let place = try Playground()
    let ended = try place.cowbox("doctor").run()
    #expect(ended.status == 0, "\(ended.text)")
    #expect(ended.text.split(separator: "a command inside can't").count > 15, "\(ended.text)")
    // The same attempts get through where there is no wall, or they would prove nothing.
    let outside = try place.cowbox(
      "doctor", "--inside", environment: ["COWBOX_DOCTOR": "process=\(getpid())"]
    ).run()
    #expect(outside.status == 1)
    for words in ["processes: signal", "system-calls: use", "terminal: push", "devices: find"] {
      #expect(outside.text.contains("CROSSED  \(words)"), "\(outside.text)")
    }
  }
}
