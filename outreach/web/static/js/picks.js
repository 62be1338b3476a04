// Suggestions under the caret: "/" for the team's quick replies, "@" for colleagues in a note. A listbox the
// field controls (aria-activedescendant): arrows choose, Enter or Tab takes, Escape closes.
import { openId } from "./threads.js";

let replies = null;
let repliesOf = "";
let shown = [];
let at = 0;

export function startPicks() {
  document.addEventListener("input", (event) => { if (event.target.id === "body") suggest(event.target); });
  document.addEventListener("keydown", (event) => { if (event.target.id === "body" && !list()?.hidden) steer(event); }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest("#picks [role=option]");
    if (!option) return;
    event.preventDefault();
    pick(Number(option.dataset.number));
  });
  document.addEventListener("focusout", (event) => { if (event.target.id === "body") close(); });
  document.addEventListener("thread:opened", close);
}

const list = () => document.getElementById("picks");
const field = () => document.getElementById("body");

async function suggest(body) {
  const before = body.value.slice(0, body.selectionStart);
  const isNote = body.form.dataset.mode === "note";
  const typed = isNote ? /(?:^|\s)@([\p{L}.' -]{0,30})$/u.exec(before) : /(?:^|\s)\/(\S{0,30})$/.exec(before);
  if (!typed) return close();
  const word = typed[1].toLowerCase();
  const found = isNote ? colleagues(word) : (await quickReplies()).filter((one) => one.shortcut.toLowerCase().startsWith(word));
  if (body !== field() || body.value.slice(0, body.selectionStart) !== before) return;
  draw(found, { length: typed[1].length + 1, isNote });
}

async function quickReplies() {
  if (repliesOf === openId() && replies) return replies;
  const id = openId();
  const response = await fetch(`/inbox/${id}/quick-replies`, { headers: { Accept: "application/json" } });
  replies = response.ok ? (await response.json()).replies : [];
  repliesOf = id;
  return replies;
}

function colleagues(word) {
  return [...document.querySelectorAll("#assign button[data-name]")]
    .map((button) => button.dataset.name)
    .filter((name) => name.toLowerCase().split(" ").some((part, n, parts) => parts.slice(n).join(" ").startsWith(word)))
    .slice(0, 6)
    .map((name) => ({ name }));
}

function draw(found, about) {
  const box = list();
  shown = found.slice(0, 8).map((one) => ({ ...one, ...about }));
  at = 0;
  box.replaceChildren(...(shown.length ? shown.map(option) : about.isNote ? [] : [nothing(box)]));
  box.hidden = !box.children.length;
  mark();
}

function option(one, number) {
  const item = document.createElement("li");
  item.id = `pick-${number}`;
  item.dataset.number = number;
  item.setAttribute("role", "option");
  const head = document.createElement("strong");
  head.textContent = one.isNote ? one.name : `/${one.shortcut}`;
  item.append(head);
  if (one.isNote) return item;
  const words = document.createElement("span");
  words.textContent = one.body || `(${list().dataset.hole})`;
  if (!one.body) item.setAttribute("aria-disabled", "true");
  if (!one.theirs) head.append(` · ${one.language}`);
  item.append(words);
  return item;
}

function nothing(box) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.setAttribute("aria-disabled", "true");
  item.textContent = box.dataset.empty;
  return item;
}

function mark() {
  list().querySelectorAll("[role=option]").forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
  if (shown.length && !list().hidden) field().setAttribute("aria-activedescendant", `pick-${at}`);
  else field()?.removeAttribute("aria-activedescendant");
  document.getElementById(`pick-${at}`)?.scrollIntoView({ block: "nearest" });
}

function steer(event) {
  const keys = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key === "Escape") close();
  else if (!shown.length || event.ctrlKey || event.metaKey) return;
  else if (event.key in keys) { at = (at + keys[event.key] + shown.length) % shown.length; mark(); }
  else if (event.key === "Enter" || event.key === "Tab") pick(at);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function pick(number) {
  const one = shown[number];
  const body = field();
  if (!one || (!one.isNote && !one.body)) return;
  const end = body.selectionStart;
  body.setRangeText(one.isNote ? `@${one.name} ` : one.body, end - one.length, end, "end");
  close();
  body.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  const box = list();
  if (!box || box.hidden) return;
  box.hidden = true;
  shown = [];
  field()?.removeAttribute("aria-activedescendant");
}
