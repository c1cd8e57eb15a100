"use strict";
// The board's page. All text goes in as text, never as markup: names come from learners.
const $ = (id) => document.getElementById(id);
const SIGNS = { done: "✓", stuck: "!", working: "▶", open: "○", undone: "" };
const WORDS = { done: "done", stuck: "stuck", working: "at work", open: "opened", undone: "undone" };
const learners = new Map();
const drawn = new Map();
const selected = new Set();
let room = { columns: [], actions: [], ends: null, closed: null, now: Date.now() / 1000 };
let offset = 0; // the board's clock minus this one's, in seconds
let sorting = { by: "name", down: false };

const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};
const now = () => Date.now() / 1000 + offset;
const minutes = (since) => Math.max(0, Math.floor((now() - since) / 60));
const columns = () => room.columns.filter((one) => one.planned || !$("planned").checked);
const troubles = (one) =>
  Object.entries(one.cells).filter(([, cell]) => cell.state === "stuck").map(([place, cell]) => ({ place, ...cell }));
const isDone = (one, place) => one.cells[place]?.state === "done";
const titleOf = (place) => room.columns.find((one) => one.place === place)?.title ?? place;
const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

function take(news) {
  offset = news.now - Date.now() / 1000;
  for (const one of news.learners) learners.set(one.id, one);
  room = news;
  draw();
}

function lost(isLost) {
  $("connection").hidden = !isLost;
  put($("connection"), isLost ? "No connection to the board. What you see is old. The page connects again by itself." : "");
}

function connect() {
  const source = new EventSource("board/events");
  // Some proxies, such as the Hub's in Python, hold a stream back until it ends.
  const heldBack = setTimeout(() => { source.close(); poll(); }, 4000);
  source.onmessage = (event) => {
    clearTimeout(heldBack);
    lost(false);
    take(JSON.parse(event.data));
  };
  source.onerror = () => lost(true);
}

async function poll() {
  let since = 0;
  for (;;) {
    const answer = await fetch(`board/news?since=${since}`).then((one) => one.ok && one.json()).catch(() => null);
    lost(!answer);
    if (answer?.news) take(answer.news);
    // After a restart the board counts from the beginning again.
    since = answer ? answer.version + 1 : 0;
    await new Promise((done) => setTimeout(done, answer ? 300 : 2000));
  }
}

function shown() {
  const wanted = $("find").value.trim().toLowerCase();
  const planned = room.columns.filter((one) => one.planned);
  const rules = {
    all: () => true,
    stuck: (one) => troubles(one).length > 0,
    behind: (one) => planned.some((column) => !isDone(one, column.place)),
    away: (one) => one.away && !one.left,
  };
  const found = [...learners.values()].filter(
    (one) => one.name.toLowerCase().includes(wanted) && rules[$("show").value](one));
  const rank = (one) => {
    if (sorting.by === "name") return one.name.toLowerCase();
    if (sorting.by === "done") return Object.values(one.cells).filter((cell) => cell.state === "done").length;
    const cell = one.cells[sorting.by];
    return ["stuck", "working", "open", "undone", undefined, "done"].indexOf(cell?.state);
  };
  const order = sorting.down ? -1 : 1;
  return found.sort((one, two) => {
    const [a, b] = [rank(one), rank(two)];
    return (a < b ? -1 : a > b ? 1 : one.name.localeCompare(two.name)) * order;
  });
}

function draw() {
  const list = shown();
  drawCounts();
  drawStuck();
  drawHeads();
  drawRows(list);
  drawHistory();
  drawWhom();
  $("nobody").hidden = learners.size > 0;
}

function drawCounts() {
  const all = [...learners.values()].filter((one) => !one.left);
  const here = all.filter((one) => !one.away).length;
  const stuck = all.filter((one) => troubles(one).length).length;
  const frozen = all.filter((one) => one.frozen).length;
  const parts = [`${here} here`, `${stuck} stuck`, `${all.length - here} away`];
  if (frozen) parts.push(`${frozen} frozen`);
  if (room.closed) parts.push("the class is closed");
  put($("counts"), parts.join(" · "));
}

function drawStuck() {
  const found = [...learners.values()].filter((one) => !one.left)
    .flatMap((one) => troubles(one).map((cell) => ({ name: one.name, ...cell }))).sort((a, b) => a.since - b.since);
  $("stuck").hidden = found.length === 0;
  const lines = found.slice(0, 12).map((one) => make("li", {},
    make("strong", {}, one.name), ` ${titleOf(one.place)}, ${minutes(one.since)} min`,
    make("small", {}, [one.error || "the check says not yet", one.means].filter(Boolean).join(": "))));
  if (found.length > 12) lines.push(make("li", {}, `and ${found.length - 12} more`));
  $("stuck-list").replaceChildren(...lines);
}

function drawHeads() {
  const key = JSON.stringify([columns(), sorting]);
  const all = [...learners.values()].filter((one) => !one.left);
  if ($("heads").dataset.key !== key) {
    const focused = document.activeElement?.dataset?.by;
    $("heads").dataset.key = key;
    const head = (by, title) => {
      const sort = sorting.by !== by ? "none" : sorting.down ? "descending" : "ascending";
      const button = make("button", { type: "button", "data-by": by },
        title, sort === "none" ? "" : sorting.down ? " ▼" : " ▲");
      button.onclick = () => {
        sorting = { by, down: sorting.by === by && !sorting.down };
        draw();
      };
      return make("th", { scope: "col", "aria-sort": sort }, button);
    };
    $("heads").replaceChildren(head("name", "Learner"), ...columns().map((one) => head(one.place, one.title)), head("done", "Done"));
    $("heads").querySelector(`[data-by="${focused}"]`)?.focus();
    $("progress").replaceChildren(make("td", {}, make("label", {}, make("input", { type: "checkbox", id: "everybody" }), " all")),
      ...columns().map(() => make("td", {}, make("div", { class: "bar", "aria-hidden": "true" }, make("i")), make("small"))), make("td"));
    $("everybody").onchange = (event) => {
      selected.clear();
      if (event.target.checked) for (const one of shown()) selected.add(one.id);
      draw();
    };
  }
  $("everybody").checked = selected.size > 0 && shown().every((one) => selected.has(one.id));
  columns().forEach((column, number) => {
    const done = all.filter((one) => isDone(one, column.place)).length;
    const cell = $("progress").children[number + 1];
    cell.querySelector("i").style.width = `${all.length ? (100 * done) / all.length : 0}%`;
    put(cell.querySelector("small"), `${done} of ${all.length}`);
  });
}

function drawRows(list) {
  const places = columns().map((one) => one.place);
  const rows = list.map((one) => {
    const key = JSON.stringify([one, places]);
    let known = drawn.get(one.id);
    if (!known || known.key !== key) {
      const row = rowOf(one, places);
      if (known?.row.isConnected) {
        const focused = known.row.contains(document.activeElement);
        known.row.replaceWith(row);
        if (focused) row.querySelector("input").focus();
      }
      known = { key, row };
      drawn.set(one.id, known);
    }
    known.row.querySelector("input").checked = selected.has(one.id);
    return known.row;
  });
  const body = $("rows");
  if (rows.length !== body.children.length || rows.some((row, number) => body.children[number] !== row)) {
    const focused = document.activeElement;
    body.replaceChildren(...rows);
    if (body.contains(focused)) focused.focus();
  }
}

function rowOf(one, places) {
  const box = make("input", { type: "checkbox" });
  box.onchange = () => {
    box.checked ? selected.add(one.id) : selected.delete(one.id);
    draw();
  };
  const notes = [one.left && "left", one.away && !one.left && "away", one.frozen && "frozen"].filter(Boolean).join(", ");
  const name = make("label", {}, box, make("span", {}, one.name), make("span", { class: "note" }, notes));
  const cells = places.map((place) => cellOf(one.cells[place]));
  const done = Object.values(one.cells).filter((cell) => cell.state === "done").length;
  return make("tr", {}, make("th", { scope: "row" }, name), ...cells, make("td", {}, String(done)));
}

function cellOf(cell) {
  if (!cell || cell.state === "undone") return make("td");
  const hints = cell.hints > 3 ? "S" : "•".repeat(cell.hints);
  const said = [WORDS[cell.state], cell.error, cell.hints > 3 ? "solution shown" : cell.hints ? `${cell.hints} hints` : ""];
  const sign = make("span", { class: `sign ${cell.state}`, title: [cell.error, cell.means].filter(Boolean).join(": ") },
    make("span", { "aria-hidden": "true" }, `${SIGNS[cell.state]} ${hints}`.trim()),
    make("span", { class: "hidden" }, said.filter(Boolean).join(", ")));
  return make("td", {}, sign);
}

function drawHistory() {
  const time = (at) => new Date(at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const lines = [...room.actions].reverse().map((one) => {
    const open = one.learners - one.done - one.failed;
    const result = [`done for ${one.done} of ${one.learners}`, one.failed && `failed for ${one.failed}`, open && `${open} waiting`];
    return make("li", {}, `${time(one.at)} ${one.kind}${one.argument ? `: ${one.argument}` : ""} (${result.filter(Boolean).join(", ")})`);
  });
  $("history").replaceChildren(...lines);
}

function drawWhom() {
  const names = [...selected].map((id) => learners.get(id)?.name).filter(Boolean);
  put($("whom"), names.length ? `For ${names.slice(0, 8).join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}`
    : "For everybody. To act on some, select them in the table.");
}

function drawTimer() {
  const left = room.ends ? Math.round(room.ends - now()) : null;
  const size = Math.abs(left ?? 0);
  const text = `${left < 0 ? "−" : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
  put($("timer"), left === null ? "" : text);
  $("timer").classList.toggle("over", left !== null && left < 0);
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  }).catch(() => null);
  const failure = answer && !answer.ok ? (await answer.json()).error.message : "";
  put($("answer"), answer ? failure || "Sent." : "The board doesn't answer.");
  return Boolean(answer?.ok);
}

for (const form of document.querySelectorAll(".act form")) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return;
    if (form.id === "timing") {
      const stop = button.value === "stop";
      await (button.value === "close" ? send("board/close", {})
        : send("board/timer", { minutes: stop ? 0 : Number(form.elements.minutes.value) }));
      return;
    }
    const kind = button?.value || form.dataset.kind;
    const argument = form.elements.argument?.value ?? "";
    if ((await send("board/actions", { kind, argument, learners: [...selected] })) && kind === "message") form.reset();
  };
}
for (const id of ["find", "show", "planned"]) $(id).addEventListener("input", draw);
$("view").onsubmit = (event) => event.preventDefault();
$("theme").value = localStorage.getItem("theme") ?? "";
const theme = () => {
  document.documentElement.dataset.theme = $("theme").value;
  localStorage.setItem("theme", $("theme").value);
};
$("theme").onchange = theme;
theme();
setInterval(drawTimer, 500);
setInterval(drawStuck, 20000);
connect();
