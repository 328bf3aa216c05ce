#!/usr/bin/env python3
"""Drives the page of `cowbox diff --html` in headless Chromium: folding, search, the two forms, the
colours, and that nothing is asked of a network.

usage: drive.py CHROMIUM COWBOX [DIRECTORY-FOR-SCREENSHOTS]
"""
import base64
import json
import os
import subprocess
import sys
import tempfile


class Browser:
    """Chromium on a pair of pipes: the DevTools protocol, messages ended by NUL."""

    def __init__(self, program, profile):
        to_read, self.input = os.pipe()
        self.output, to_write = os.pipe()

        def place():
            # Chromium reads from 3 and writes to 4; the first copies keep clear of both.
            high = [os.dup2(to_read, 13), os.dup2(to_write, 14)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--user-data-dir=" + profile, "--window-size=1400,900", "about:blank"],
            preexec_fn=place, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.number, self.pending, self.events = 0, b"", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")

    def message(self):
        while b"\0" not in self.pending:
            part = os.read(self.output, 1 << 16)
            if not part:
                raise SystemExit("chromium ended")
            self.pending += part
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if hasattr(self, "session"):
            request["sessionId"] = self.session
        os.write(self.input, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        self.call("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def value(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in found:
            raise SystemExit(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def key(self, key, text=None):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key,
                      text=(text or "") if kind == "keyDown" else "")

    def type(self, text):
        for character in text:
            self.key(character, character)

    def click(self, selector):
        box = self.value(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left",
                      clickCount=1)

    def settle(self):
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def picture(self, path):
        self.settle()
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.process.terminate()
        self.process.wait()


SCRIPT = r"""
mkdir -p src/deep docs; seq 1 60 > src/long.txt; echo 'let answer = 42' > src/deep/code.swift
echo old > docs/gone.md; seq 1 30 > docs/moved.txt; printf 'x\000y' > image.bin
"""
CHANGE = r"""
sed -i 's/^5$/five <b>bold<\/b>/; s/^55$/fifty-five/' src/long.txt
echo 'let answer = 43 // changed' > src/deep/code.swift; rm docs/gone.md
mv docs/moved.txt docs/renamed.txt; printf 'x\000z' > image.bin; printf 'all:\n\ttrue\n' > Makefile
seq 1 2000 > large.txt; printf '<script>window.hacked = 1</script>\n' > evil.html
"""


def make_page(cowbox, place):
    project = os.path.join(place, "project")
    os.mkdir(project)
    environment = dict(os.environ, COWBOX_STATE=os.path.join(place, "state"))

    def run(*words):
        subprocess.run(words, cwd=project, env=environment, check=True, stderr=subprocess.DEVNULL)

    run("sh", "-ec", SCRIPT)
    run(cowbox, "run", "--", "sh", "-ec", CHANGE)
    page = os.path.join(place, "page.html")
    run(cowbox, "diff", "--html", page)
    return page


CHECKS = 0


def expect(is_so, what):
    global CHECKS
    CHECKS += 1
    if not is_so:
        raise SystemExit("pages: not so: " + what)


def shown(browser, index):
    return browser.value(f"getComputedStyle(document.querySelector('#file{index} .body')).display") != "none"


def drive(browser, page, pictures):
    browser.open("file://" + page)
    browser.settle()
    names = browser.value("files.map(file => file.path)")
    at = {name: index for index, name in enumerate(names)}
    expect(set(at) == {"src/long.txt", "src/deep/code.swift", "docs/gone.md", "docs/renamed.txt",
                       "image.bin", "Makefile", "large.txt", "evil.html"}, "the files: %s" % names)
    expect(browser.value("document.querySelectorAll('nav a').length") == 8, "a link for each file")
    expect(browser.value("window.hacked") is None, "content is never run")
    browser.picture(os.path.join(pictures, "unified.png"))

    long, large = at["src/long.txt"], at["large.txt"]
    expect(not shown(browser, large), "a long file begins folded")
    expect(browser.value(f"document.querySelectorAll('#file{large} tr').length") == 0,
           "what is folded costs nothing")
    browser.value(f"go({long})")
    expect(shown(browser, long), "a short one does not")
    browser.click(f"#file{long} h2")
    expect(not shown(browser, long), "a click folds")
    browser.click(f"#file{long} h2")
    expect(shown(browser, long), "another unfolds")
    browser.click("#fold")
    expect(not any(shown(browser, index) for index in at.values()), "all fold")
    browser.click("#unfold")
    expect(all(shown(browser, index) for index in at.values()), "all unfold")
    expect(browser.value(f"document.querySelectorAll('#file{large} tr').length") == 2001,
           "the long one has every line")

    browser.click("#split")
    cells = f"document.querySelector('#file{long} tr:nth-of-type(5)').children.length"
    expect(browser.value(cells) == 4, "side by side has two numbers and two lines")
    browser.value(f"go({long})")
    browser.picture(os.path.join(pictures, "split.png"))
    browser.click("#unified")
    expect(browser.value(cells) == 3, "unified has two numbers and a line")

    browser.key("/", "/")
    browser.type("FIFTY")
    expect(browser.value("document.getElementById('found').textContent") == "1 of 8 files",
           "the search counts")
    expect(browser.value("[...document.querySelectorAll('main section')].filter(s => !s.hidden).length")
           == 1, "only what has it is shown")
    expect(browser.value("document.querySelector('main mark').textContent") == "fifty", "it is marked")
    browser.key("Enter")
    expect(browser.value("document.querySelectorAll('mark.now').length") == 1, "enter goes to it")
    browser.picture(os.path.join(pictures, "search.png"))
    browser.key("Escape")
    expect(browser.value("document.querySelectorAll('main section[hidden]').length") == 0,
           "escape brings all back")

    back = "getComputedStyle(document.body).backgroundColor"
    for scheme, colour in (("dark", "rgb(13, 17, 23)"), ("light", "rgb(255, 255, 255)")):
        browser.call("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": scheme}])
        expect(browser.value(back) == colour, "the system's colours: " + scheme)
    browser.value("theme.value = 'dark'; theme.dispatchEvent(new Event('change'))")
    expect(browser.value(back) == "rgb(13, 17, 23)", "the chosen colours")
    browser.value(f"go({long})")
    browser.picture(os.path.join(pictures, "dark.png"))

    asked = [event["params"]["request"]["url"] for event in browser.events
             if event["method"] == "Network.requestWillBeSent"]
    expect(all(url.startswith("file://" + page) for url in asked), "nothing else is asked for: %s" % asked)
    complaints = [event for event in browser.events
                  if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")]
    expect(not complaints, "the browser complains of nothing: %s" % complaints)


def main():
    program, cowbox = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="cowbox-pages.", dir="/var/tmp") as place:
        pictures = sys.argv[3] if len(sys.argv) > 3 else place
        os.makedirs(pictures, exist_ok=True)
        page = make_page(cowbox, place)
        browser = Browser(program, os.path.join(place, "profile"))
        try:
            drive(browser, page, pictures)
        finally:
            browser.close()
    print(f"pages: {CHECKS} checks passed")


main()
