// By keyboard: finding and help on every page, the rest in the inbox. Letters do nothing while somebody types.
import { write } from "./composer.js";
import { toggleHere } from "./many.js";
import { show } from "./threads.js";

const TYPED = "input:not([type=checkbox], [type=radio], [type=file], [type=button], [type=submit]), textarea, select, [contenteditable]";
const everywhere = {
  "?": () => document.getElementById("shortcuts")?.showModal(),
  "/": () => document.getElementById("find")?.focus(),
};
const inInbox = {
  j: () => move(1),
  k: () => move(-1),
  r: () => write("text"),
  n: () => write("note"),
  a: () => press("a"),
  s: () => press("s"),
  e: () => press("e"),
  x: () => toggleHere(false),
  X: () => toggleHere(true),
};

export function startKeys() {
  const acts = document.querySelector(".inbox") ? { ...everywhere, ...inInbox } : everywhere;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event.target.closest(TYPED);
    if (event.key === "Escape" && typing && !event.target.closest("dialog, [popover]")) return event.target.blur();
    if (typing || document.querySelector("dialog[open], [popover]:popover-open")) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function move(step) {
  const rows = [...document.querySelectorAll(".row > a")];
  if (!rows.length) return;
  const at = rows.findIndex((link) => link.parentElement.classList.contains("selected"));
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  show(next);
}

function press(key) {
  const button = document.querySelector(`#thread-head [data-key="${key}"]`);
  button?.click();
}
