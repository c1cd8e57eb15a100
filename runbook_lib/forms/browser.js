// What widgets can't do by themselves: attributes for screen readers, the focus, and buttons that copy.
// JupyterLab and Voilà run this where it is displayed; `element` is that place, inside the panel.
const COPY = "Copy";
const IDS = /^(\/subscriptions\/\S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S+\.digitaltwins\.azure\.\S+)$/i;
const LONG = 5000; // ms
const SILENT = 8000; // ms; while something runs, its time changes each second
const LOST = "This form gets no answer. If the kernel was restarted, run this cell again (Shift+Enter): the form comes back with what you entered, and what was begun is found and continued.";
let number = 0;

function set(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function describe(field) {
  const below = [...field.querySelectorAll(".rb-help, .rb-message")].filter((node) => node.textContent);
  for (const node of below) node.id ||= `rb-${Date.now().toString(36)}-${++number}`;
  for (const input of field.querySelectorAll("input, select")) {
    const row = input.closest(".rb-tag");
    const mine = below.filter((node) => !node.closest(".rb-tag") || node.closest(".rb-tag") === row);
    set(input, "aria-describedby", mine.map((node) => node.id).join(" ") || null);
    set(input, "aria-invalid", input.closest(".rb-invalid") ? "true" : null);
    set(input, "aria-required", input.closest(".rb-required") ? "true" : null);
  }
}

function copyButton(text, what) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "rb-copy";
  button.textContent = COPY;
  button.setAttribute("aria-label", `${COPY}: ${what}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy it yourself";
    }
    setTimeout(() => { button.textContent = COPY; }, 2500);
  });
  return button;
}

function offerCopies(panel) {
  for (const listing of panel.querySelectorAll(".rb-card pre:not([data-rb-copy])")) {
    listing.dataset.rbCopy = "";
    listing.tabIndex = 0; // it can scroll
    if (listing.closest("figure")) continue;
    const title = listing.previousElementSibling?.textContent ?? "this";
    // What is folded can be copied without being expanded.
    (listing.closest("details") ?? listing).before(copyButton(listing.textContent, title));
  }
  for (const cell of panel.querySelectorAll(".rb-card tr > th[scope=row] + td:not([data-rb-copy])")) {
    cell.dataset.rbCopy = "";
    const text = cell.textContent.trim(), name = cell.previousElementSibling.textContent;
    if (IDS.test(text) || name === "Message to send") cell.append(" ", copyButton(text, name));
  }
}

// Run All leaves the notebook at its last cell. Work begins at the first form.
function beginHere(panel) {
  const notebook = panel.closest(".jp-Notebook");
  const cells = notebook ? [...notebook.querySelectorAll(".jp-Cell")] : [];
  const first = notebook?.querySelector(".rb [role=tablist]")?.closest(".rb");
  if (first !== panel || !cells.at(-1)?.matches(".jp-mod-active") || cells.at(-1).contains(panel)) return;
  const title = panel.querySelector(".rb-title");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "start" });
}

// While something takes long, people look elsewhere. They are told when it ends, if they want that.
function announce(panel, what) {
  if (globalThis.Notification?.permission !== "granted") return;
  const body = what.querySelector("strong")?.textContent ?? "";
  new Notification(panel.querySelector(".rb-title").textContent, { body });
}

function offerNotice(progress) {
  if (globalThis.Notification?.permission !== "default" || progress.querySelector(".rb-notice")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "rb-copy rb-notice";
  button.textContent = "Notify me when it's done";
  button.addEventListener("click", async () => {
    const answer = await Notification.requestPermission();
    button.textContent = answer === "granted" ? "You'll be notified" : "Your browser doesn't allow notifications";
    button.disabled = true;
  });
  progress.append(button);
}

// A restarted kernel leaves forms that look alive. A person who waits at one is told.
function watchForSilence(panel) {
  const hint = document.createElement("div");
  hint.className = "rb-lost rb-message rb-bad";
  hint.setAttribute("role", "alert");
  let heard = Date.now(), asked = 0;
  panel.addEventListener("click", (event) => { if (event.target.closest(".jupyter-button")) asked ||= Date.now(); });
  const watching = setInterval(() => {
    if (!panel.isConnected) return clearInterval(watching);
    const waits = [...panel.querySelectorAll(".rb-progress")].some((one) => one.offsetHeight);
    const lost = (asked && Date.now() - asked > LONG) || (waits && Date.now() - heard > SILENT);
    if (lost && !hint.isConnected) {
      hint.textContent = LOST;
      panel.querySelector(".rb-title").after(hint);
    }
    return undefined;
  }, 1000);
  return () => { heard = Date.now(); asked = 0; hint.remove(); };
}

function start(panel) {
  beginHere(panel);
  const hear = watchForSilence(panel);
  let due = false, began = 0, seen = 0;
  const tidy = () => {
    due = false;
    const running = [...panel.querySelectorAll(".rb-progress")].filter((one) => one.offsetHeight);
    if (running.length) { began ||= Date.now(); seen = Date.now(); }
    else if (Date.now() - seen > LONG) began = 0; // its result comes a moment after it ends
    for (const one of running) if (Date.now() - began > LONG) offerNotice(one);
    panel.querySelectorAll(".rb-field").forEach(describe);
    offerCopies(panel);
  };
  const ours = (node) => node.classList?.contains("rb-lost") || node.classList?.contains("rb-copy");
  const watch = new MutationObserver((changes) => {
    const theirs = changes.filter(({ target, addedNodes, removedNodes }) =>
      ![...addedNodes, ...removedNodes].some(ours) && !ours(target) && !target.parentElement?.closest(".rb-copy, .rb-lost"));
    if (!theirs.length) return;
    hear();
    for (const { target, attributeName } of changes) {
      if (attributeName === "class" && target.classList.contains("rb-focus") && !target.rbFocused) {
        target.tabIndex = -1;
        // Once what has appeared is displayed.
        requestAnimationFrame(() => {
          target.focus({ preventScroll: true });
          // What doesn't fit is read from its beginning.
          target.scrollIntoView({ block: target.offsetHeight > innerHeight * 0.7 ? "start" : "nearest" });
        });
        // No frame is drawn for a page that nobody sees.
        if (document.hidden && began && Date.now() - began > LONG) announce(panel, target);
      }
      if (attributeName === "class") target.rbFocused = target.classList.contains("rb-focus");
    }
    if (!due) { due = true; requestAnimationFrame(tidy); }
  });
  watch.observe(panel, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["class"] });
  tidy();
}

(function begin(tries) {
  const panel = element.closest(".rb");
  if (panel) start(panel);
  else if (tries) setTimeout(() => begin(tries - 1), 50);
})(100);
