"""Speaks the Model Context Protocol to `cowbox mcp` by hand: what is right, and what is not."""

import json
import os
import subprocess
import sys
import threading
import time

COWBOX = sys.argv[1]
MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}


class Server:
    """A server and the lines that go to and fro."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [COWBOX, "mcp", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next = 1
        self.heard = []

    def send(self, message):
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self):
        line = self.process.stdout.readline()
        assert line, "the server has ended"
        return json.loads(line)

    def ask(self, method, params=None, **more):
        number, self.next = self.next, self.next + 1
        message = {"jsonrpc": "2.0", "id": number, "method": method, **more}
        if params is not None:
            message["params"] = params
        self.send(message)
        return self.answer(number)

    def answer(self, number):
        while True:
            message = self.receive()
            if message.get("id") == number and ("result" in message or "error" in message):
                return message
            self.heard.append(message)

    def initialize(self, version="2025-11-25"):
        answer = self.ask("initialize", {
            "protocolVersion": version, "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}})
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer["result"]

    def call(self, tool, /, **arguments):
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0, "the server did not end well"
        rest = self.process.stdout.read()
        return [json.loads(line) for line in rest.splitlines()]


def ok(what):
    print("ok", what, flush=True)


def text(answer):
    assert "result" in answer, answer
    return answer["result"]["content"][0]["text"]


def code(answer):
    assert "error" in answer, answer
    assert isinstance(answer["error"]["message"], str)
    return answer["error"]["code"]


def handshakes():
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]:
        server = Server()
        answer = server.initialize(version)
        assert answer["protocolVersion"] == version and "tools" in answer["capabilities"], answer
        result = server.call("run", command="echo hi")["result"]
        assert ("structuredContent" in result) == (version >= "2025-06-18"), version
        wrong = server.call("run", command=7)
        if version == "2025-11-25":
            assert wrong["result"]["isError"] and "string" in text(wrong), wrong
        else:
            assert code(wrong) == -32602, wrong
        server.close()
    server = Server()
    assert server.initialize("1999-01-01")["protocolVersion"] == "2025-11-25"
    assert code(server.ask("initialize", {"protocolVersion": "2025-11-25"})) == -32600
    assert code(server.ask("tools/list", {"_meta": MODERN})) == -32600
    server.close()
    server = Server()
    assert code(server.ask("tools/list")) == -32600
    assert code(server.ask("initialize", {})) == -32602
    assert server.ask("ping")["result"] == {}
    server.close()
    ok("every revision with a handshake is spoken as it is")


def stateless():
    server = Server()
    found = server.ask("server/discover", {"_meta": MODERN})["result"]
    assert found["supportedVersions"] == ["2026-07-28"] and found["resultType"] == "complete"
    assert found["ttlMs"] >= 0 and found["cacheScope"] in ("public", "private")
    tools = server.ask("tools/list", {"_meta": MODERN})["result"]
    assert tools["resultType"] == "complete" and len(tools["tools"]) > 10
    assert tools["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "cowbox"
    done = server.ask("tools/call", {
        "_meta": MODERN, "name": "run", "arguments": {"command": "echo hi"}})["result"]
    assert done["resultType"] == "complete" and "hi" in done["content"][0]["text"]
    other = dict(MODERN, **{"io.modelcontextprotocol/protocolVersion": "2030-01-01"})
    refused = server.ask("tools/list", {"_meta": other})["error"]
    assert refused["code"] == -32022 and refused["data"]["supported"] == ["2026-07-28"], refused
    assert code(server.ask("initialize", {"protocolVersion": "2025-11-25"})) == -32022
    assert code(server.ask("tools/list")) == -32602
    assert code(server.ask("ping", {"_meta": MODERN})) == -32601
    short = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    assert code(server.ask("tools/list", {"_meta": short})) == -32602
    server.close()
    ok("the revision without a handshake is spoken as it is")


def wrong_messages():
    server = Server()
    server.initialize("2025-06-18")
    cases = [
        (b"{", -32700), (b"\xff\xfe", -32700), (b'{"jsonrpc":"2.0","id":1', -32700),
        (b"[" * 5000, -32700), (b'"text"', -32600), (b"[]", -32600), (b"17", -32600),
        ({"id": 900, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": {}, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 901, "method": 5}, -32600),
        ({"jsonrpc": "2.0", "id": 902, "method": "no/such"}, -32601),
        ({"jsonrpc": "2.0", "id": 903, "method": "resources/list"}, -32601),
        ({"jsonrpc": "2.0", "id": 904, "method": "tools/list", "params": [1]}, -32602),
        ({"jsonrpc": "2.0", "id": 905, "method": "tools/call", "params": {}}, -32602),
        ({"jsonrpc": "2.0", "id": 906, "method": "tools/call", "params": {"name": "no"}}, -32602),
        ({"jsonrpc": "2.0", "id": 907, "method": "tools/call",
          "params": {"name": "read", "arguments": "x"}}, -32602),
        ({"jsonrpc": "2.0", "id": 908, "method": "tools/list", "params": {"cursor": "x"}}, -32602),
    ]
    for message, wanted in cases:
        server.send(message)
        answer = server.receive()
        assert code(answer) == wanted, (message, answer)
        if isinstance(message, dict) and isinstance(message.get("id"), int):
            assert answer["id"] == message["id"], answer
    server.send({"jsonrpc": "2.0", "method": "notifications/whatever", "params": {}})
    server.send({"jsonrpc": "2.0", "id": 5, "result": {}})
    server.send(b"")
    server.send({"jsonrpc": "2.0", "id": "a text", "method": "ping"})
    assert server.receive() == {"jsonrpc": "2.0", "id": "a text", "result": {}}
    for arguments in [{}, {"command": ""}, {"command": "x", "timeout": 0},
                      {"command": "x", "timeout": 1.5}, {"command": "x", "env": {"A": 1}},
                      {"command": "x", "other": 1}, {"command": None}]:
        answer = server.ask("tools/call", {"name": "run", "arguments": arguments})
        assert code(answer) == -32602, (arguments, answer)
    server.close()
    batch = Server()
    batch.initialize("2025-03-26")
    batch.send([{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "id": 2},
                {"jsonrpc": "2.0", "method": "notifications/x"}])
    answers = batch.receive()
    assert len(answers) == 2 and answers[0]["result"] == {}, answers
    assert code(answers[1]) == -32600
    batch.close()
    ok("what is wrong is answered with the right number")


def schemas():
    server = Server()
    server.initialize()
    tools = {tool["name"]: tool for tool in server.ask("tools/list")["result"]["tools"]}
    wanted = {"run", "read", "write", "edit", "list", "glob", "grep", "diff", "status", "log",
              "step", "undo", "redo", "snapshot", "branch", "network", "more"}
    assert wanted <= set(tools), wanted - set(tools)
    assert "apply" not in tools and "discard" not in tools
    for tool in tools.values():
        schema = tool["inputSchema"]
        assert schema["type"] == "object" and schema["additionalProperties"] is False
        assert set(schema["required"]) <= set(schema["properties"]), tool
        assert tool["description"]
    assert code(server.ask("tools/call", {"name": "apply", "arguments": {}})) == -32602
    server.close()
    ok("every tool is published with the schema that is checked")


def work():
    server = Server()
    server.initialize()
    assert "wrote" in text(server.call("write", path="src/a.txt", content="one\ntwo\nthree\n"))
    assert text(server.call("read", path="src/a.txt")) == "one\ntwo\nthree\n"
    assert "2\ttwo" in text(server.call("read", path="src/a.txt", first=2, lines=1, numbers=True))
    assert "1 place" in text(server.call("edit", path="src/a.txt", old="two", new="2"))
    missed = server.call("edit", path="src/a.txt", old="absent", new="x")["result"]
    assert missed["isError"] and "does not hold" in missed["content"][0]["text"]
    ran = server.call("run", command="cat src/a.txt; echo problem >&2; exit 3", env={"X": "y"})
    assert "one\n2\nthree" in text(ran) and "problem" in text(ran), ran
    assert ran["result"]["structuredContent"]["exitCode"] == 3, ran
    assert "here" in text(server.call("run", command="cat", stdin="here"))
    assert "src/a.txt" in text(server.call("glob", pattern="*.txt"))
    assert "src/a.txt:2: 2" in text(server.call("grep", pattern="^\\d$"))
    assert "a.txt" in text(server.call("list", path="src"))
    assert "+one" in text(server.call("diff"))
    assert "A\tsrc/a.txt" in text(server.call("diff", format="names"))
    assert "session" in text(server.call("status"))
    log = text(server.call("log"))
    assert "mcp write #" in log and "mcp edit #" in log and "mcp run #" in log, log
    assert "step" in text(server.call("undo"))
    assert "two" in text(server.call("read", path="src/a.txt"))
    server.call("redo")
    assert "two" not in text(server.call("read", path="src/a.txt"))
    server.call("snapshot", name="good")
    server.call("write", path="src/a.txt", content="bad")
    server.call("undo", to="good")
    assert "one" in text(server.call("read", path="src/a.txt"))
    assert "begins there" in text(server.call("branch", name="other-%d" % os.getpid()))
    assert "nothing was refused" in text(server.call("network"))
    gone = server.call("read", path="no/such/file")["result"]
    assert gone["isError"] and "no such file" in gone["content"][0]["text"].lower(), gone
    for tool, arguments, wanted in [
        ("snapshot", {"name": "7"}, "'7' can't be a snapshot's name"),
        ("branch", {"name": "a/b"}, "'a/b' can't be a session's name"),
        ("rename", {"from": "nowhere", "to": "b"}, "cannot rename 'nowhere' to 'b': no such file"),
        ("write", {"path": "src/a.txt/b", "content": ""}, "'src/a.txt': not a directory"),
        ("remove", {"path": "src"}, "'recursive'"),
        ("grep", {"pattern": "(" * 5000}, "at most 4096"),
    ]:
        refused = server.call(tool, **arguments)
        assert refused["result"]["isError"] and wanted in text(refused), (tool, refused)
    assert "recursive" not in text(server.call("remove", path="nowhere"))
    assert not os.path.exists("src/a.txt"), "the project was touched"
    server.close()
    ok("every tool does what it says")


def pages():
    server = Server()
    server.initialize()
    answer = server.call("run", command="seq 1 100000")
    shown, cursor = text(answer), answer["result"]["structuredContent"]["cursor"]
    assert len(shown) < 40000, len(shown)
    whole = shown
    while cursor:
        answer = server.call("more", cursor=cursor)
        assert len(text(answer)) < 40000
        whole += text(answer)
        cursor = answer["result"]["structuredContent"]["cursor"]
    assert "\n100000\n" in whole and "\n50000\n" in whole
    assert server.call("more", cursor="99:1")["result"]["isError"]
    ok("a long answer comes in pages")
    server.close()


def progress_and_cancelling():
    server = Server()
    server.initialize()
    server.ask("tools/call", {
        "name": "run", "arguments": {"command": "echo a; sleep 0.3; echo b"},
        "_meta": {"progressToken": "tok"}})
    seen = [m["params"] for m in server.heard if m.get("method") == "notifications/progress"]
    assert [p["message"].strip() for p in seen] == ["a", "b"], seen
    assert all(p["progressToken"] == "tok" for p in seen) and seen[0]["progress"] < seen[1]["progress"]
    began = time.monotonic()
    timed = server.call("run", command="sleep 30", timeout=1)
    assert "time was over" in text(timed) and time.monotonic() - began < 20, timed
    server.send({"jsonrpc": "2.0", "id": 700, "method": "tools/call",
                 "params": {"name": "run", "arguments": {"command": "echo started > mark; sleep 60"}}})
    while "started" not in text(server.call("run", command="cat mark 2>&1")):
        time.sleep(0.02)
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 700}})
    began = time.monotonic()
    while "sleep 60" in text(server.call("status")):
        assert time.monotonic() - began < 30, "a cancelled command goes on"
        time.sleep(0.05)
    assert not any(m.get("id") == 700 for m in server.heard)
    rest = server.close()
    assert not any(m.get("id") == 700 for m in rest), rest
    ok("progress is told, time is kept, what is cancelled ends without an answer")


def many():
    server = Server()
    server.initialize()
    server.call("write", path="n.txt", content="x" * 1000)
    count = 50
    for number in range(count):
        name, arguments = [
            ("run", {"command": f"echo {number}"}), ("read", {"path": "n.txt"}),
            ("write", {"path": f"many/{number}", "content": str(number)}),
            ("grep", {"pattern": "xxx"}), ("log", {}),
        ][number % 5]
        server.send({"jsonrpc": "2.0", "id": 1000 + number, "method": "tools/call",
                     "params": {"name": name, "arguments": arguments}})
    answers = {}
    while len(answers) < count:
        message = server.receive()
        if "id" in message:
            answers[message["id"]] = message
    for number in range(count):
        answer = answers[1000 + number]
        assert not answer["result"]["isError"], answer
        if number % 5 == 0:
            assert text(answer).startswith(f"{number}\n"), answer
    names = text(server.call("list", path="many"))
    assert names.count("\n") == count // 5 - 1, names
    server.close()
    ok("fifty calls at once are all answered")


def huge():
    server = Server()
    server.initialize()
    pid = server.process.pid
    content = "0123456789abcde\n" * (10 * 1024 * 1024 // 16)
    wrote = server.call("write", path="big.txt", content=content)
    assert str(len(content)) in text(wrote), wrote
    assert len(text(server.call("read", path="big.txt"))) < 200_000
    size = text(server.call("run", command="wc -c < big.txt"))
    assert size.startswith(str(len(content))), size
    wrong = server.call("grep", pattern="x" * 100, path=content)["result"]
    assert wrong["isError"]
    server.call("write", path="big.txt", content="")
    before = usage(pid)
    for _ in range(2):
        server.call("write", path="big.txt", content=content)
        server.call("run", command="cat big.txt > copy.txt")
    for _ in range(10):
        server.call("run", command="true")
        server.call("glob", pattern="*.txt")
        server.ask("no/such")
    after = usage(pid)
    assert after[1] <= before[1], f"descriptors grow: {before} {after}"
    assert after[0] - before[0] < 128 << 10, f"memory grows (KiB): {before} {after}"
    server.close()
    ok("ten megabytes of arguments are nothing special, and nothing is kept")


def usage(pid):
    """Resident KiB and open descriptors."""
    with open(f"/proc/{pid}/status") as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def ending():
    server = Server()
    server.initialize()
    server.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                 "params": {"name": "run", "arguments": {"command": "sleep 0.3; echo end"}}})
    rest = server.close()
    assert any("end" in json.dumps(message) for message in rest), rest
    server = Server()
    server.initialize()
    server.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                 "params": {"name": "run", "arguments": {"command": "sleep 600"}}})
    server.call("status")
    server.process.stdout.close()
    server.process.stdin.close()
    server.process.wait(60)
    ok("a host that goes is waited for while it reads, and no longer")


for test in [handshakes, stateless, wrong_messages, schemas, work, pages, progress_and_cancelling,
             many, huge, ending]:
    test()
