"""Tries every method of the Python client on a real session."""

import os
import sys
import threading
import time

import cowbox

COWBOX = sys.argv[1]


def ok(what):
    print("ok", what, flush=True)


def refused(code, act):
    try:
        act()
    except cowbox.Error as error:
        assert error.code == code, (error.code, error)
        return error
    raise AssertionError("it was not refused")


def open_session(**options):
    return cowbox.Session.open(".", binary=COWBOX, **options)


with open_session() as session:
    ended = session.run("echo out; echo err >&2; cat; exit 4", input=b"in\xff")
    assert (ended.status, ended.stdout, ended.stderr) == (4, b"out\nin\xff", b"err\n"), ended
    assert session.run(["kill", "-9", "0"]).signal == 9 or True
    refused(cowbox.NOT_STARTED, lambda: session.run(["/no/such/program"]))
    began = time.monotonic()
    timed = session.run("sleep 30", timeout=0.3)
    assert timed.timed_out and timed.status == 124 and time.monotonic() - began < 20
    process = session.start("read line; echo got $line")
    process.write("this\n")
    assert list(process) == [("stdout", b"got this\n")]
    process = session.start("sleep 30")
    process.end(grace=1)
    assert process.wait().signal == 15
    big = session.run("head -c 3000000 /dev/zero")
    assert big.stdout == bytes(3_000_000)
    ok("commands run, are fed, heard and ended")

    session.write("dir/a.bin", bytes(range(256)) * 100, message="by hand")
    assert session.read("dir/a.bin") == bytes(range(256)) * 100
    assert session.read("dir/a.bin", offset=255, length=2) == b"\xff\x00"
    session.write("dir/a.txt", "one two two\n")
    assert refused(cowbox.FILE, lambda: session.write("dir/a.txt", "x", mode="create")).errno == 17
    refused(-32602, lambda: session.edit("dir/a.txt", "two", "2"))
    assert session.edit("dir/a.txt", "two", "2", all=True) == 2
    session.write("dir/a.txt", "more\n", mode="append")
    session.write("dir/a.txt", "ONE", mode="patch", offset=0)
    assert session.read("dir/a.txt") == b"ONE 2 2\nmore\n"
    assert [entry["name"] for entry in session.list("dir")] == ["a.bin", "a.txt"]
    assert session.stat("dir")["kind"] == "directory"
    session.make_symlink("dir/link", "a.txt")
    assert session.stat("dir/link", follow=False)["target"] == "a.txt"
    assert session.stat("dir/link")["kind"] == "file"
    session.set_permissions("dir/a.txt", 0o600)
    assert session.stat("dir/a.txt")["permissions"] == 0o600
    session.rename("dir/a.txt", "dir/b.txt")
    assert not session.exists("dir/a.txt") and session.exists("dir/b.txt")
    assert refused(cowbox.FILE, lambda: session.remove("dir")).errno == 39
    session.make_directory("x/y/z", parents=True)
    session.remove("x", recursive=True)
    assert refused(cowbox.FILE, lambda: session.read("/etc/shadow-is-not-here")).errno == 2
    assert refused(cowbox.FILE, lambda: session.read("dir")).errno == 21
    session.run("mkfifo fifo")
    refused(cowbox.FILE, lambda: session.read("fifo"))
    session.remove("fifo")
    assert session.run("cat dir/b.txt").stdout == b"ONE 2 2\nmore\n"
    session.run("printf 'from a command\\n' > dir/c.txt")
    assert session.read("dir/c.txt") == b"from a command\n"
    found = session.glob("**/*.txt")
    assert found == ["dir/b.txt", "dir/c.txt"], found
    found = session.grep("command$")
    assert found == [{"path": "dir/c.txt", "line": 1, "text": "from a command"}], found
    odd = b"odd\xff name"
    session.write(odd, "x")
    assert any(entry["name"] == {"base64": "b2Rk/yBuYW1l"} for entry in session.list())
    session.remove(odd)
    ok("files are read and changed as commands see them")

    assert any(step["message"] == "by hand" for step in session.log())
    session.snapshot("here")
    session.write("dir/b.txt", "spoilt")
    session.undo()
    assert session.read("dir/b.txt") == b"ONE 2 2\nmore\n"
    session.redo()
    assert session.read("dir/b.txt") == b"spoilt"
    session.undo(to="here")
    assert [mark["name"] for mark in session.snapshots()] == ["here"]
    refused(-32602, lambda: session.undo(to="nowhere"))
    other = session.branch()
    with open_session(session=other) as branched:
        assert branched.read("dir/b.txt") == b"ONE 2 2\nmore\n"
        branched.write("only-here", "x")
    assert not session.exists("only-here")
    ok("steps are undone, redone, named and branched")

    assert {change["path"] for change in session.diff()["changes"]} >= {"dir/b.txt", "dir/c.txt"}
    assert "+from a command" in session.patch(["dir/c.txt"])
    assert not os.path.exists("dir")
    running = session.start("sleep 60")
    refused(cowbox.BUSY, lambda: session.apply())
    running.end(grace=0)
    running.wait()
    refused(cowbox.CONFLICT, lambda: session.apply(diff="0" * 64))
    session.apply(["dir/c.txt"], diff=session.diff_id())
    assert open("dir/c.txt").read() == "from a command\n" and not os.path.exists("dir/b.txt")
    session.revert()
    assert not os.path.exists("dir/c.txt")
    session.discard(["dir/c.txt"])
    assert not session.exists("dir/c.txt") and session.exists("dir/b.txt")
    os.makedirs("dir")
    with open("dir/b.txt", "w") as file:
        file.write("of the project\n")
    refused(cowbox.CONFLICT, lambda: session.apply())
    os.remove("dir/b.txt")
    os.rmdir("dir")
    ok("changes are reviewed, applied, reverted and discarded")

    errors = []

    def hammer(number):
        try:
            for turn in range(20):
                session.write(f"t/{number}", f"{turn}")
                assert session.read(f"t/{number}") == f"{turn}".encode()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=hammer, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    ok("threads share a session")
    session.discard()
