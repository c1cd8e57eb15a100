// What widgets can't do by themselves: attributes for screen readers, the focus, and buttons that copy.
// JupyterLab and Voilà run this where it is displayed; `element` is that place, inside the panel.
const COPY = "Copy";
const IDS = /^(\/subscriptions\/\S+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\S+\.digitaltwins\.azure\.\S+)$/i;
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

function start(panel) {
  beginHere(panel);
  let due = false;
  const tidy = () => {
    due = false;
    panel.querySelectorAll(".rb-field").forEach(describe);
    offerCopies(panel);
  };
  const watch = new MutationObserver((changes) => {
    for (const { target, attributeName } of changes) {
      if (attributeName === "class" && target.classList.contains("rb-focus") && !target.rbFocused) {
        target.tabIndex = -1;
        // Once what has appeared is displayed.
        requestAnimationFrame(() => { target.focus({ preventScroll: true }); target.scrollIntoView({ block: "nearest" }); });
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
