"""Speaks the control protocol by hand: what is right, what is not, and clients that misbehave."""

import array
import json
import os
import socket
import subprocess
import sys
import time

COWBOX = sys.argv[1]


class Client:
    """A connection to the session's keeper."""

    def __init__(self, greets=True):
        self.socket, theirs = socket.socketpair()
        with theirs:
            subprocess.run([COWBOX, "connect"], stdin=theirs, check=True)
        self.stream = self.socket.makefile("rb")
        self.next = 100
        self.heard = []
        if greets:
            self.hello = self.ask("hello", version=1)["result"]

    def send(self, message):
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.socket.sendall(line + b"\n")

    def receive(self):
        line = self.stream.readline()
        assert line, "the keeper has closed the connection"
        return json.loads(line)

    def post(self, method, **params):
        self.next += 1
        self.send({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params})
        return self.next

    def answer(self, number):
        while True:
            message = self.receive()
            if message.get("id") == number:
                return message
            self.heard.append(message)

    def ask(self, method, **params):
        return self.answer(self.post(method, **params))

    def close(self):
        self.stream.close()
        self.socket.close()


def ok(what):
    print("ok", what, flush=True)


def eventually(what, seconds=30):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it does not come about"
        time.sleep(0.02)


def keeper_usage(client):
    pid = client.hello["keeper"]
    tasks = [p for p in os.listdir("/proc") if p.isdigit() and parent(p) == pid]
    return len(tasks), client.ask("status")["result"]["clients"]


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def wrong_messages():
    client = Client(greets=False)
    assert client.ask("status")["error"]["code"] == -32600
    assert client.ask("hello")["error"]["code"] == -32602
    assert client.ask("hello", version=99)["error"]["code"] == -32602
    assert client.ask("hello", version=1)["result"]["version"] == 1
    cases = [
        (b"{", -32700), (b"\xff", -32700), (b"[" * 2000, -32700), (b"", -32700),
        (b"[]", -32600), (b"3", -32600), ({"id": 1, "method": "status"}, -32600),
        ({"jsonrpc": "2.0", "id": [], "method": "status"}, -32600),
        ({"jsonrpc": "2.0", "id": 2, "method": "no-such"}, -32601),
        ({"jsonrpc": "2.0", "id": 3, "method": "spawn"}, -32602),
        ({"jsonrpc": "2.0", "id": 4, "method": "spawn", "params": {"words": [1]}}, -32602),
        ({"jsonrpc": "2.0", "id": 5, "method": "spawn",
          "params": {"words": ["true"], "descriptors": 3}}, -32602),
        ({"jsonrpc": "2.0", "id": 6, "method": "spawn",
          "params": {"words": ["true"], "timeout": -1}}, -32602),
        ({"jsonrpc": "2.0", "id": 7, "method": "read"}, -32602),
        ({"jsonrpc": "2.0", "id": 8, "method": "read", "params": {"path": ""}}, -32602),
        ({"jsonrpc": "2.0", "id": 9, "method": "read", "params": {"path": "x", "length": -1}}, -32602),
        ({"jsonrpc": "2.0", "id": 10, "method": "write", "params": {"path": "x"}}, -32602),
        ({"jsonrpc": "2.0", "id": 11, "method": "grep", "params": {"pattern": "("}}, -32602),
        ({"jsonrpc": "2.0", "id": 12, "method": "undo", "params": {"count": 0}}, -32602),
        ({"jsonrpc": "2.0", "id": 13, "method": "discard"}, -32602),
        ({"jsonrpc": "2.0", "id": 14, "method": "diff", "params": {"format": "x"}}, -32602),
        ({"jsonrpc": "2.0", "id": 15, "method": "input", "params": {"process": 77}}, -32000),
        ({"jsonrpc": "2.0", "id": 16, "method": "undo"}, -32000),
        ({"jsonrpc": "2.0", "id": 17, "method": "spawn", "params": {"words": ["/no"]}}, -32001),
        ({"jsonrpc": "2.0", "id": 18, "method": "stat", "params": {"path": "/no"}}, -32006),
    ]
    for message, code in cases:
        client.send(message)
        answer = client.receive()
        assert answer.get("error", {}).get("code") == code, (message, answer)
        assert answer["error"]["message"] and "id" in answer, answer
    client.send({"jsonrpc": "2.0", "method": "status"})
    client.send({"jsonrpc": "2.0", "id": "text", "method": "flush"})
    assert client.receive() == {"jsonrpc": "2.0", "id": "text", "result": {}}
    client.close()
    ok("what is wrong is answered with the right number")


def half_and_huge():
    keeping = Client()
    client = Client()
    client.socket.sendall(b'{"jsonrpc":"2.0","id":1,"meth')
    assert keeping.ask("status")["result"]["clients"] == 2
    client.socket.sendall(b'od":"flush"}\n')
    assert client.receive()["result"] == {}
    client.socket.sendall(b'{"jsonrpc":')
    client.close()
    eventually(lambda: keeping.ask("status")["result"]["clients"] == 1)
    client = Client()
    part = b"x" * (1 << 20)
    for _ in range(66):
        client.socket.sendall(part)
    client.socket.sendall(b"\n")
    assert client.receive()["error"]["code"] == -32600
    assert client.ask("flush")["result"] == {}
    content = "0123456789" * 1_000_000
    assert client.ask("write", path="huge", data=content)["result"]["size"] == len(content)
    assert client.ask("read", path="huge", length=8 << 20)["result"]["size"] == len(content)
    assert client.ask("remove", path="huge")["result"] == {}
    client.close()
    keeping.close()
    ok("half a message waits, one that is too long is refused and passed over")


def deaf_clients():
    keeping = Client()
    deaf = Client()
    deaf.post("spawn", words=["/bin/sh", "-c", "head -c 60000000 /dev/zero; echo done"])
    time.sleep(0.5)
    for _ in range(20):
        assert keeping.ask("flush")["result"] == {}
    with open(f"/proc/{keeping.hello['keeper']}/status") as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    assert resident < 300 << 10, f"the keeper holds {resident} KiB for who does not read"
    deaf.close()
    eventually(lambda: not keeping.ask("status")["result"]["commands"])
    flood = Client()
    flood.ask("write", path="some", data="y" * 500_000)
    flood.socket.settimeout(1)
    try:
        for _ in range(60):
            flood.post("read", path="some")
    except TimeoutError:
        pass  # The keeper takes no more until its answers are read.
    assert keeping.ask("flush")["result"] == {}
    flood.close()
    eventually(lambda: keeping.ask("status")["result"]["clients"] == 1)
    keeping.ask("remove", path="some")
    keeping.close()
    ok("a client that does not read holds up nobody but itself")


def dying_clients():
    keeping = Client()
    before = keeper_usage(keeping)
    for number in range(3):
        client = Client()
        client.ask("spawn", words=["sleep", "1000"])
        client.post("grep", pattern="x", path="/usr/include")
        client.post("diff")
        client.close()
    eventually(lambda: not keeping.ask("status")["result"]["commands"])
    eventually(lambda: keeper_usage(keeping) == before)
    code = ("import os,subprocess,socket,sys\n"
            "a,b=socket.socketpair()\n"
            "subprocess.run([sys.argv[1],'connect'],stdin=b,check=True)\n"
            "a.sendall(b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{\"version\":1}}\\n"
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"spawn\",\"params\":{\"words\":[\"sleep\",\"999\"]}}\\n')\n"
            "a.recv(1); b.close()\n"
            "while b'process' not in a.recv(4096): pass\n"
            "os.kill(os.getpid(), 9)\n")
    subprocess.run([sys.executable, "-c", code, COWBOX], check=False)
    eventually(lambda: not keeping.ask("status")["result"]["commands"])
    eventually(lambda: keeper_usage(keeping) == before)
    keeping.close()
    ok("a client that dies leaves nothing behind")


def goodbyes():
    client = Client()
    number = client.post("spawn", words=["/bin/sh", "-c", "true"])
    client.answer(number)
    client.post("write", path="late", data="x")
    last = client.post("read", path="late")
    client.socket.shutdown(socket.SHUT_WR)
    assert client.answer(last)["result"]["data"] == "x"
    while client.stream.readline():
        pass
    client.close()
    other = Client()
    relayed = subprocess.run(
        [COWBOX, "connect"], check=True, stdout=subprocess.PIPE,
        input=b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"version":1}}\n'
              b'{"jsonrpc":"2.0","id":2,"method":"read","params":{"path":"late"}}\n').stdout
    answers = [json.loads(line) for line in relayed.splitlines()]
    assert answers[1]["result"]["data"] == "x", answers
    other.close()
    ok("who has said goodbye still hears the answers")


def descriptors():
    client = Client()
    out, theirs = os.pipe()
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "spawn", "params": {
        "words": ["echo", "through a pipe"], "descriptors": 3}}).encode() + b"\n"
    null = os.open("/dev/null", os.O_RDWR)
    rights = array.array("i", [null, theirs, theirs])
    client.socket.sendmsg([line], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    os.close(theirs)
    assert "process" in client.receive()["result"]
    assert os.read(out, 100) == b"through a pipe\n" and os.read(out, 100) == b""
    os.close(out)
    os.close(null)
    client.close()
    ok("descriptors that come beside a request are the command's streams")


def cancelling():
    client = Client()
    slow = client.post("grep", pattern="no such text anywhere", path="/usr/lib")
    answer = client.ask("cancel", request=slow)["result"]
    refused = [m for m in client.heard if m.get("id") == slow] or [client.answer(slow)]
    assert not answer["cancelled"] or refused[0]["error"]["code"] == -32009, refused
    assert client.ask("cancel", request=12345)["result"] == {"cancelled": False}
    assert client.ask("flush")["result"] == {}
    client.close()
    ok("a request is taken back")


def files_agent_dies():
    client = Client()
    client.ask("write", path="kept", data="x")
    killed = client.ask("spawn", words=["/bin/sh", "-c", "kill -9 -1"])
    assert "result" in killed
    eventually(lambda: client.ask("read", path="kept").get("result", {}).get("data") == "x")
    client.close()
    ok("commands that kill everything do not end the service of files")


def others():
    if os.getuid() != 0:
        return
    client = Client()
    code = ("import os,socket,sys\n"
            "s=socket.socket(socket.AF_UNIX)\n"
            "try: s.connect(sys.argv[1])\n"
            "except OSError as e: print(e.errno)\n"
            "else: print('in', s.recv(10))\n")
    path = client.hello["socket"]
    assert stat_mode(os.path.dirname(os.path.dirname(path))) == 0o700
    told = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", sys.executable, "-c",
         code, path], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert told.strip() == "13", told
    client.close()
    ok("nobody but the owner connects")


def stat_mode(path):
    return os.stat(path).st_mode & 0o777


for test in [wrong_messages, half_and_huge, deaf_clients, dying_clients, goodbyes, descriptors,
             cancelling, files_agent_dies, others]:
    test()
