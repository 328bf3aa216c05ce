"""A client of cowbox's control protocol, as cowbox-protocol(7) has it.

It needs Python 3.9 or newer and the program `cowbox`, nothing else:

    import cowbox

    with cowbox.Session.open("~/src/project") as session:
        ended = session.run(["make", "test"], timeout=600)
        print(ended.status, ended.stdout.decode())
        session.write("notes.txt", "hello\n")
        print(session.patch())
        session.undo()

All methods may be called from several threads at once.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import queue
import socket
import subprocess
import threading

VERSION = 1

# Refusals by their numbers; Error.code has one of them.
FAILED, NOT_STARTED, ENDING, NO_WALL, GONE = -32000, -32001, -32002, -32003, -32004
BUSY, FILE, CONFLICT, RISK, CANCELLED = -32005, -32006, -32007, -32008, -32009


class Error(Exception):
    """A request that was refused: what was attempted and why, and what helps."""

    def __init__(self, error: dict):
        data = error.get("data") or {}
        self.code: int = error.get("code", -32603)
        self.message: str = error.get("message", "")
        self.hint: str | None = data.get("hint")
        self.exit: int | None = data.get("exit")
        self.errno: int | None = data.get("errno")
        super().__init__(self.message + (f"\n{self.hint}" if self.hint else ""))


# What may be asked twice.
QUESTIONS = {"status", "diff", "log", "snapshots", "walls", "read", "list", "stat"}


class Lost(Error):
    """The session's keeper ended before it had answered."""

    def __init__(self):
        super().__init__({"code": GONE, "message": "the session's keeper ended before it answered"})


@dataclasses.dataclass
class Ended:
    """How a command ended, and what it wrote."""

    status: int | None
    signal: int | None
    stdout: bytes
    stderr: bytes
    step: int
    changed: bool
    timed_out: bool

    @property
    def ok(self) -> bool:
        return self.status == 0


def _packed(data) -> object:
    """Bytes or text as the protocol has them."""
    if isinstance(data, str):
        return data
    try:
        return bytes(data).decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(bytes(data)).decode("ascii")}


def _bytes(value) -> bytes:
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    return value.encode("utf-8")


def _path(value) -> object:
    return _packed(os.fsencode(value))


class _Connection:
    """A connected socket, a thread that reads it, and who waits for what."""

    def __init__(self, sock: socket.socket):
        self._socket = sock
        # Two locks: who sends may have to wait until what was answered is read.
        self._sending, self._lock = threading.Lock(), threading.Lock()
        self._next = 1
        self._waiting: dict[int, queue.SimpleQueue] = {}
        self._processes: dict[int, queue.SimpleQueue] = {}
        self._early: dict[int, list] = {}
        self.refusal: dict | None = None
        self.closed = False
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, method: str, params: dict) -> dict:
        box: queue.SimpleQueue = queue.SimpleQueue()
        with self._lock:
            if self.closed:
                raise Error(self.refusal) if self.refusal else Lost()
            number, self._next = self._next, self._next + 1
            self._waiting[number] = box
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        line = json.dumps(message, ensure_ascii=False).encode("utf-8") + b"\n"
        try:
            with self._sending:
                self._socket.sendall(line)
        except OSError:
            # The keeper has not heard it, and will hear nothing any more.
            with self._lock:
                if self._waiting.pop(number, None) is not None:
                    raise Error({"code": ENDING, "message": "the keeper has ended"}) from None
        try:
            answer = box.get()
        except BaseException:
            # Interrupted: nobody wants the answer any more.
            with self._lock:
                self._waiting.pop(number, None)
            raise
        if answer is None:
            raise Error(self.refusal) if self.refusal else Lost()
        if "error" in answer:
            raise Error(answer["error"])
        return answer["result"]

    def follow(self, process: int) -> queue.SimpleQueue:
        box: queue.SimpleQueue = queue.SimpleQueue()
        with self._lock:
            for event in self._early.pop(process, []):
                box.put(event)
            self._processes[process] = box
            if self.closed:
                box.put(None)
        return box

    def unfollow(self, process: int) -> None:
        with self._lock:
            self._processes.pop(process, None)

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb", buffering=1 << 16) as stream:
                for line in stream:
                    self._hear(json.loads(line))
        except (OSError, ValueError):
            pass
        with self._lock:
            self.closed = True
            for box in [*self._waiting.values(), *self._processes.values()]:
                box.put(None)
            self._waiting.clear()
        self._socket.close()

    def _hear(self, message: dict) -> None:
        with self._lock:
            if "method" in message:
                process = message["params"].get("process")
                if process in self._processes:
                    self._processes[process].put(message)
                else:
                    self._early.setdefault(process, []).append(message)
                return
            box = self._waiting.pop(message.get("id"), None)
            if box is not None:
                box.put(message)
            elif message.get("id") is None and "error" in message:
                self.refusal = message["error"]


class Process:
    """A command that runs in a session."""

    def __init__(self, connection: _Connection, answer: dict):
        self.number: int = answer["process"]
        self.step: int = answer["step"]
        self._connection = connection
        self._events = connection.follow(self.number)
        self._stdout: list[bytes] = []
        self._stderr: list[bytes] = []
        self._ended: Ended | None = None

    def __iter__(self):
        """Pairs of "stdout" or "stderr" and bytes, as they come, until the command has ended."""
        while self._ended is None:
            event = self._events.get()
            if event is None:
                raise Lost()
            params = event["params"]
            if event["method"] == "output":
                data = _bytes(params["data"])
                yield params["stream"], data
            elif event["method"] == "exited":
                self._connection.unfollow(self.number)
                self._ended = Ended(
                    params.get("status"), params.get("signal"), b"", b"", params["step"],
                    params["changed"], params.get("timedOut", False),
                )

    def wait(self) -> Ended:
        """Waits for its end, and takes in what it writes until then."""
        for stream, data in self:
            (self._stdout if stream == "stdout" else self._stderr).append(data)
        self._ended.stdout = b"".join(self._stdout)
        self._ended.stderr = b"".join(self._stderr)
        return self._ended

    def write(self, data) -> None:
        """Gives the command more input."""
        self._connection.call("input", {"process": self.number, "data": _packed(data)})

    def close_input(self) -> None:
        """Says that the command gets no more input."""
        self._connection.call("input", {"process": self.number, "end": True})

    def signal(self, number: int) -> None:
        """Sends the command's process group a signal."""
        self._connection.call("signal", {"process": self.number, "signal": int(number)})

    def end(self, grace: float = 5) -> None:
        """Tells the command to end, and ends it when it does not go."""
        self._connection.call("end", {"process": self.number, "grace": int(grace * 1000)})


class Session:
    """A session of cowbox: a copy-on-write view of a directory, with walls around what runs."""

    def __init__(self, directory, options, binary, environment):
        self.directory = os.path.realpath(os.path.expanduser(os.fspath(directory)))
        self._options, self._binary, self._environment = options, binary, environment
        self._lock = threading.Lock()
        self._connection: _Connection | None = None
        self.name: str | None = None
        self.project: bytes | None = None
        self._connected()

    @classmethod
    def open(
        cls, directory=".", *, session=None, new=False, profile=None, options=(),
        binary="cowbox", environment=None,
    ) -> "Session":
        """Opens the session of a directory, or makes one; `options` are those of `cowbox run`."""
        words = list(options)
        if session:
            words += ["--session", session]
        if new:
            words.append("--new")
        if profile:
            words += ["--profile", profile]
        return cls(directory, words, binary, environment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Lets the session go; it rests when nobody uses it, and keeps what was changed."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    def _connected(self) -> _Connection:
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            return self._connection

    def _connect(self) -> _Connection:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        options = ["--session", self.name] if self.name else self._options
        with theirs:
            ended = subprocess.run(
                [self._binary, "connect", "--project", self.directory, *options],
                stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env=self._environment, check=False,
            )
        if ended.returncode != 0:
            with ours:
                told = ours.makefile("rb").readline()
            if told:
                raise Error(json.loads(told)["error"])
            text = ended.stderr.decode(errors="replace").strip()
            raise Error({"code": FAILED, "message": text, "data": {"exit": ended.returncode}})
        connection = _Connection(ours)
        answer = connection.call("hello", {"version": VERSION, "client": "python"})
        self.name, self.project = answer["session"], _bytes(answer["project"])
        return connection

    def call(self, method: str, **params) -> dict:
        """Asks for anything that cowbox-protocol(7) has; None means: left out."""
        return self._call(method, params)[1]

    def _call(self, method: str, params: dict) -> tuple[_Connection, dict]:
        params = {name: value for name, value in params.items() if value is not None}
        for _ in range(3):
            connection = self._connected()
            try:
                return connection, connection.call(method, params)
            except Error as error:
                # It refused before it did anything, or changes nothing whoever answers: the next
                # keeper will do it.
                is_question = error.code == GONE and method in QUESTIONS
                if error.code != ENDING and not is_question:
                    raise
                while not connection.closed:
                    threading.Event().wait(0.005)
        raise Lost()

    # Commands.

    def start(
        self, words, *, directory=None, environment=None, variables=None, timeout=None,
        message=None, detached=False,
    ) -> Process:
        """Starts a command; iterate over it for its output, or wait for its end."""
        if isinstance(words, str):
            words = ["/bin/sh", "-c", words]

        def pairs(values):
            return None if values is None else [_packed(f"{k}={v}".encode()) for k, v in values.items()]

        connection, answer = self._call("spawn", {
            "words": [_path(word) for word in words],
            "directory": None if directory is None else _path(directory),
            "environment": pairs(environment), "variables": pairs(variables),
            "message": message, "detached": detached,
            "timeout": None if timeout is None else int(timeout * 1000),
        })
        return Process(connection, answer)

    def run(self, words, *, input=None, **options) -> Ended:
        """Runs a command to its end; a string is what /bin/sh runs."""
        process = self.start(words, **options)
        try:
            if input:
                process.write(input)
            process.close_input()
        except Error as error:
            if error.code != FAILED:
                raise
            # It had ended already, or reads nothing.
        return process.wait()

    # Files. Paths that are not absolute begin at the project's top directory.

    def read(self, path, offset: int = 0, length: int | None = None) -> bytes:
        """What a file holds, or a part of it."""
        parts: list[bytes] = []
        while length is None or length > 0:
            size = (4 << 20) if length is None else min(length, 4 << 20)
            answer = self.call("read", path=_path(path), offset=offset, length=size)
            data = _bytes(answer["data"])
            parts.append(data)
            offset += len(data)
            if length is not None:
                length -= len(data)
            if answer["end"] or not data:
                break
        return b"".join(parts)

    def write(self, path, data, *, mode="replace", offset=None, parents=True, message=None,
              step=None, durable=None, permissions=None) -> int:
        """Writes a file, as a step of its own; the answer is its size."""
        return self.call(
            "write", path=_path(path), data=_packed(data), mode=mode, offset=offset,
            parents=parents, message=message, step=step, durable=durable, permissions=permissions,
        )["size"]

    def edit(self, path, old, new, *, all=False, message=None) -> int:
        """Replaces text that is there once, or wherever it is; the answer is how often."""
        edits = [{"old": _packed(old), "new": _packed(new), "all": all}]
        return self.call("edit", path=_path(path), edits=edits, message=message)["replacements"]

    def list(self, path=".") -> list[dict]:
        """The entries of a directory, in the order of their names."""
        entries, offset = [], 0
        while offset is not None:
            answer = self.call("list", path=_path(path), offset=offset, limit=5000)
            entries += answer["entries"]
            offset = answer["next"]
        return entries

    def stat(self, path, follow=True) -> dict:
        return self.call("stat", path=_path(path), follow=follow)

    def exists(self, path) -> bool:
        try:
            self.stat(path, follow=False)
            return True
        except Error as error:
            if error.code == FILE and error.errno in (2, 20):
                return False
            raise

    def remove(self, path, recursive=False, message=None) -> None:
        self.call("remove", path=_path(path), recursive=recursive, message=message)

    def rename(self, old, new, replace=True, message=None) -> None:
        self.call(
            "rename", **{"from": _path(old), "to": _path(new)}, replace=replace, message=message)

    def make_directory(self, path, parents=False, message=None) -> None:
        self.call("makeDirectory", path=_path(path), parents=parents, message=message)

    def make_symlink(self, path, target, message=None) -> None:
        self.call("makeSymlink", path=_path(path), target=_path(target), message=message)

    def set_permissions(self, path, permissions: int, message=None) -> None:
        self.call("setPermissions", path=_path(path), permissions=permissions, message=message)

    def glob(self, pattern, path=".", **options) -> list[str]:
        return self.call("glob", pattern=pattern, path=_path(path), **options)["paths"]

    def grep(self, pattern, path=".", **options) -> list[dict]:
        return self.call("grep", pattern=pattern, path=_path(path), **options)["matches"]

    # Time.

    def log(self, limit=None) -> list[dict]:
        return self.call("log", limit=limit)["steps"]

    def step(self, message="") -> int:
        return self.call("step", message=message)["step"]

    def undo(self, count=1, to=None) -> int:
        return self.call("undo", count=count, to=to)["step"]

    def redo(self, count=1) -> int:
        return self.call("redo", count=count)["step"]

    def snapshot(self, name, replace=False) -> int:
        return self.call("snapshot", name=name, replacing=replace)["step"]

    def snapshots(self) -> list[dict]:
        return self.call("snapshots")["snapshots"]

    def branch(self, name=None, source=None) -> str:
        """Begins another session where this one is; the answer is its name."""
        return self.call("branch", name=name, **({"from": source} if source else {}))["session"]

    # Review.

    def status(self) -> dict:
        return self.call("status")

    def diff(self, paths=None, **options) -> dict:
        """What changed, as `cowbox diff --json` has it."""
        return self.call("diff", paths=_paths(paths), **options)

    def patch(self, paths=None, **options) -> str:
        """What changed, as a patch that git takes."""
        answer = self.call("diff", format="patch", paths=_paths(paths), **options)
        return _bytes(answer["text"]).decode("utf-8", errors="surrogateescape")

    def diff_id(self) -> str:
        return self.call("diff", format="id")["text"].strip()

    def apply(self, paths=None, diff=None, dry_run=False, **options) -> dict:
        """Makes the changes real: all that are meant, or none. No command may run meanwhile."""
        return self.call(
            "apply", paths=_paths(paths), diff=diff, dryRun=dry_run or None, **options)

    def revert(self) -> None:
        """Takes the last apply back."""
        self.call("revert")

    def discard(self, paths=None) -> None:
        """Throws changes away: those of some paths, or the whole session."""
        self.call("discard", paths=_paths(paths), all=paths is None)

    def mount(self, point) -> None:
        """Shows the view at a directory of the host, for programs without walls."""
        self.call("mount", point=_path(os.path.realpath(point)))


def _paths(paths):
    return None if paths is None else [_path(path) for path in paths]
