"use strict";
// What the page shows comes as data and becomes text nodes only: no content is ever read as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const files = data.files;
const LARGE = 1500;
const state = { split: false, query: "", hits: [], hit: -1 };

function make(name, classes, ...inner) {
  const element = document.createElement(name);
  if (classes) element.className = classes;
  for (const part of inner) if (part !== null && part !== undefined) element.append(part);
  return element;
}

function lineCount(file) {
  return file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
}

function counts(file) {
  if (file.binary) return make("span", "count", `${file.sizes[0]} → ${file.sizes[1]} bytes`);
  return make("span", "count", make("span", "plus", `+${file.added}`), " ",
    make("span", "minus", `−${file.deleted}`));
}

const letters = { added: "A", deleted: "D", modified: "M", renamed: "R" };
const letter = (file) => {
  const mark = make("span", `letter ${file.kind}`, letters[file.kind]);
  mark.title = file.kind;
  return mark;
};

// The tree on the left.

function tree() {
  const top = { folders: new Map(), files: [] };
  files.forEach((file, index) => {
    const parts = file.path.split("/");
    let folder = top;
    for (const part of parts.slice(0, -1)) {
      if (!folder.folders.has(part)) folder.folders.set(part, { folders: new Map(), files: [] });
      folder = folder.folders.get(part);
    }
    folder.files.push([parts[parts.length - 1], index]);
  });
  return list(top);
}

function list(folder) {
  const rows = make("ul");
  for (let [name, inner] of folder.folders) {
    while (inner.files.length === 0 && inner.folders.size === 1) {
      const [only] = inner.folders;
      name += "/" + only[0];
      inner = only[1];
    }
    const details = make("details", "", make("summary", "", name + "/"), list(inner));
    details.open = true;
    rows.append(make("li", "", details));
  }
  for (const [name, index] of folder.files) {
    const file = files[index];
    const link = make("a", "", letter(file), make("span", "name", name),
      file.risks.length ? make("span", "risk", "⚠") : null);
    link.href = "#file" + index;
    link.dataset.file = index;
    link.addEventListener("click", (event) => { event.preventDefault(); go(index); });
    rows.append(make("li", "", link));
  }
  return rows;
}

// The files on the right. A body is made when it comes into sight: a difference may be long.

function section(file, index) {
  const name = file.from ? `${file.from} → ${file.path}` : file.path;
  const head = make("h2", "", letter(file), make("span", "name", name), counts(file));
  head.tabIndex = 0;
  head.setAttribute("role", "button");
  const body = make("div", "body");
  const part = make("section", "", head, body);
  part.id = "file" + index;
  const toggle = () => fold(index, !part.classList.contains("folded"));
  head.addEventListener("click", toggle);
  head.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
  });
  return part;
}

const part = (index) => document.getElementById("file" + index);

function fold(index, isFolded) {
  const element = part(index);
  element.classList.toggle("folded", isFolded);
  element.querySelector("h2").setAttribute("aria-expanded", String(!isFolded));
  const body = element.querySelector(".body");
  body.hidden = isFolded;
  if (!isFolded) fill(index);
}

function fill(index) {
  const body = part(index).querySelector(".body");
  const wanted = state.split ? "split" : "unified";
  if (body.dataset.form === wanted && body.dataset.query === state.query) return;
  body.dataset.form = wanted;
  body.dataset.query = state.query;
  const file = files[index];
  body.replaceChildren();
  for (const risk of file.risks) body.append(make("div", "risk", `⚠ ${risk.class}: ${risk.words}`));
  for (const word of file.words) body.append(make("div", "word", word));
  if (file.hunks.length === 0) return;
  const table = make("table");
  const columns = state.split ? ["number", "", "number", ""] : ["number", "number", ""];
  const group = make("colgroup");
  for (const column of columns) {
    const col = make("col");
    if (column) col.style.width = "4.2rem";
    group.append(col);
  }
  table.append(group);
  for (const hunk of file.hunks) addHunk(table, hunk);
  body.append(table);
}

const cell = (classes, ...inner) => make("td", classes, ...inner);

function addHunk(table, hunk) {
  const head = cell("", hunk.header);
  head.colSpan = state.split ? 4 : 3;
  table.append(make("tr", "hunk", head));
  let old = hunk.old, now = hunk.new;
  const rows = [];
  for (let at = 0; at < hunk.lines.length;) {
    if (hunk.lines[at][0] === " ") {
      rows.push([[old++, hunk.lines[at][1], null], [now++, hunk.lines[at][1], null]]);
      at += 1;
      continue;
    }
    const gone = [], come = [];
    while (at < hunk.lines.length && hunk.lines[at][0] !== " ") {
      const [mark, text] = hunk.lines[at++];
      if (mark === "-") gone.push([old++, text]);
      else if (mark === "+") come.push([now++, text]);
    }
    for (let row = 0; row < Math.max(gone.length, come.length); row++) {
      const words = gone[row] && come[row] ? difference(gone[row][1], come[row][1]) : [null, null];
      rows.push([gone[row] ? [...gone[row], words[0]] : null, come[row] ? [...come[row], words[1]] : null,
        true]);
    }
  }
  if (state.split) addSplit(table, rows); else addUnified(table, rows);
}

function addSplit(table, rows) {
  for (const [left, right, isChange] of rows) {
    const row = make("tr");
    for (const [side, kind] of [[left, "deleted"], [right, "added"]]) {
      if (!side) { row.append(cell("number none"), cell("none")); continue; }
      row.append(cell("number", String(side[0])),
        cell(isChange ? kind : "", ...shown(side[1], side[2])));
    }
    table.append(row);
  }
}

function addUnified(table, rows) {
  let pending = [];
  const flush = () => { for (const row of pending) table.append(row); pending = []; };
  for (const [left, right, isChange] of rows) {
    if (!isChange) {
      flush();
      table.append(make("tr", "", cell("number", String(left[0])), cell("number", String(right[0])),
        cell("", "  ", ...shown(left[1], null))));
      continue;
    }
    if (left) {
      const row = make("tr", "", cell("number", String(left[0])), cell("number"),
        cell("deleted", "- ", ...shown(left[1], left[2])));
      table.append(row);
    }
    if (right) {
      pending.push(make("tr", "", cell("number"), cell("number", String(right[0])),
        cell("added", "+ ", ...shown(right[1], right[2]))));
    }
  }
  flush();
}

// In what two lines differ: between what they begin with and what they end with.
function difference(one, other) {
  const least = Math.min(one.length, other.length);
  let front = 0, back = 0;
  while (front < least && one[front] === other[front]) front++;
  while (back < least - front && one[one.length - 1 - back] === other[other.length - 1 - back]) back++;
  if (front + back < least / 3) return [null, null];
  return [[front, one.length - back], [front, other.length - back]];
}

function shown(text, range) {
  if (!range || range[0] === range[1]) return marked(text);
  return [...marked(text.slice(0, range[0])), make("b", "", ...marked(text.slice(...range))),
    ...marked(text.slice(range[1]))];
}

function marked(text) {
  if (!state.query) return [text];
  const parts = [], low = text.toLowerCase();
  let at = 0, next;
  while ((next = low.indexOf(state.query, at)) !== -1) {
    parts.push(text.slice(at, next), make("mark", "", text.slice(next, next + state.query.length)));
    at = next + state.query.length;
  }
  parts.push(text.slice(at));
  return parts;
}

// Search: names and lines. Files without a hit are out of the way while it lasts.

function search(query) {
  state.query = query.toLowerCase();
  state.hits = [];
  state.hit = -1;
  let found = 0;
  files.forEach((file, index) => {
    const inName = file.path.toLowerCase().includes(state.query)
      || (file.from || "").toLowerCase().includes(state.query);
    let lines = 0;
    if (state.query) {
      for (const hunk of file.hunks) {
        for (const line of hunk.lines) if (line[1].toLowerCase().includes(state.query)) lines++;
      }
    }
    const isFound = !state.query || inName || lines > 0;
    part(index).hidden = !isFound;
    document.querySelector(`nav a[data-file="${index}"]`).parentElement.hidden = !isFound;
    if (isFound && state.query) { found++; state.hits.push(index); }
    if (state.query && lines > 0) fold(index, false);
    else if (!part(index).classList.contains("folded") && isNear(index)) fill(index);
  });
  document.getElementById("found").textContent =
    state.query ? `${found} of ${files.length} files` : "";
}

function isNear(index) {
  const box = part(index).getBoundingClientRect();
  return box.bottom > -1000 && box.top < innerHeight + 1000;
}

function step(by) {
  const marks = [...document.querySelectorAll("main mark")];
  if (marks.length === 0) return;
  const now = marks.findIndex((mark) => mark.classList.contains("now"));
  if (now >= 0) marks[now].classList.remove("now");
  const next = marks[(now + by + marks.length) % marks.length];
  next.classList.add("now");
  next.scrollIntoView({ block: "center" });
}

function go(index) {
  fold(index, false);
  part(index).scrollIntoView();
  for (const link of document.querySelectorAll("nav a.here")) link.classList.remove("here");
  document.querySelector(`nav a[data-file="${index}"]`).classList.add("here");
}

function setForm(isSplit) {
  state.split = isSplit;
  document.getElementById("unified").setAttribute("aria-pressed", String(!isSplit));
  document.getElementById("split").setAttribute("aria-pressed", String(isSplit));
  files.forEach((_, index) => {
    if (!part(index).classList.contains("folded") && (isNear(index) || part(index).querySelector("table"))) {
      fill(index);
    }
  });
}

function start() {
  document.querySelector("nav").append(tree());
  const main = document.querySelector("main");
  files.forEach((file, index) => main.append(section(file, index)));
  for (const note of data.notes) main.append(make("div", "word", note));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || entry.target.classList.contains("folded")) continue;
      fill(Number(entry.target.id.slice(4)));
    }
  }, { root: main, rootMargin: "1000px" });
  files.forEach((file, index) => {
    const isLarge = lineCount(file) > LARGE;
    if (isLarge) part(index).querySelector(".count").append(` (${lineCount(file)} lines, folded)`);
    fold(index, isLarge);
    part(index).querySelector("h2").setAttribute("aria-expanded", String(!isLarge));
    watcher.observe(part(index));
  });
  const find = document.getElementById("find");
  find.addEventListener("input", () => search(find.value));
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); step(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") { find.value = ""; search(""); find.blur(); }
  });
  document.getElementById("unified").addEventListener("click", () => setForm(false));
  document.getElementById("split").addEventListener("click", () => setForm(true));
  document.getElementById("fold").addEventListener("click", () => files.forEach((_, i) => fold(i, true)));
  document.getElementById("unfold").addEventListener("click", () => files.forEach((_, i) => fold(i, false)));
  const theme = document.getElementById("theme");
  theme.addEventListener("change", () => {
    if (theme.value) document.documentElement.dataset.theme = theme.value;
    else delete document.documentElement.dataset.theme;
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "/") { event.preventDefault(); find.focus(); }
    if (event.key === "n") step(1);
    if (event.key === "N") step(-1);
    if (event.key === "s") setForm(!state.split);
  });
}
start();
