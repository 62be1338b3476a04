// Choosing several conversations and acting on them at once, each as it was seen when it was chosen; and who
// is looking at the conversations of the list.
import { post, say } from "./net.js";
import { said } from "./said.js";

const PRESENT_EVERY = 12_000;
const chosen = new Map();
let last = "";
let here = {};

export function startMany() {
  const queue = document.getElementById("queue");
  if (!queue) return;
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen.size && !event.defaultPrevented && !event.target.closest("input, textarea, select, dialog, [popover]")) none(); });
  new MutationObserver(draw).observe(document.getElementById("rows"), { childList: true, subtree: true });
  setInterval(askPresent, PRESENT_EVERY);
  askPresent();
}

const nameOf = (row) => row.querySelector(".row-name")?.textContent.trim() ?? "";
const rows = () => [...document.querySelectorAll("#rows > .row")];

/** Choose the row one is at, or take it back; with shift all rows from the last one chosen. */
export function toggleHere(range) {
  if (!document.body.dataset.can.split(" ").includes("reply")) return;
  const row = document.activeElement?.closest(".row") ?? document.querySelector(".row.selected") ?? rows()[0];
  if (row) toggle(row, range);
}

function toggle(row, range) {
  const wanted = !chosen.has(row.dataset.id);
  const all = rows();
  const from = all.findIndex((one) => one.dataset.id === last);
  const to = all.indexOf(row);
  const some = range && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  for (const one of some) {
    if (range || wanted) { if (!chosen.has(one.dataset.id)) chosen.set(one.dataset.id, { version: one.dataset.version, name: nameOf(one) }); }
    else chosen.delete(one.dataset.id);
  }
  last = row.dataset.id;
  draw();
  showBar();
}

function none() {
  chosen.clear();
  last = "";
  document.getElementById("queue").classList.remove("choosing");
  document.getElementById("choose")?.setAttribute("aria-pressed", "false");
  draw();
  showBar();
}

function clicked(event) {
  const box = event.target.closest(".pick");
  if (box) return toggle(box.closest(".row"), event.shiftKey);
  if (event.target.closest("#choose")) return choosing();
  if (event.target.closest("[data-many-none]")) return none();
  const button = event.target.closest("[data-many]");
  if (button) act(button.dataset.many, button.value);
}

function choosing() {
  const on = document.getElementById("queue").classList.toggle("choosing");
  document.getElementById("choose").setAttribute("aria-pressed", String(on));
  if (!on) none();
  else rows()[0]?.querySelector(".pick").focus();
  draw();
}

function submitted(event) {
  const form = event.target.closest("[data-many-form]");
  if (!form) return;
  event.preventDefault();
  if (form.elements.value.value.trim()) act(form.dataset.manyForm, form.elements.value.value);
}

async function showBar() {
  const bar = document.getElementById("many");
  bar.hidden = !chosen.size;
  if (!chosen.size) return;
  if (!bar.dataset.filled) {
    bar.dataset.filled = "yes";
    const response = await fetch("/inbox/many", { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
    if (response?.ok) bar.innerHTML = await response.text();
    else delete bar.dataset.filled;
  }
  const count = bar.querySelector("[data-many-count]");
  if (count) count.textContent = String(chosen.size);
}

async function act(what, value) {
  if (!chosen.size) return;
  const items = [...chosen].map(([id, { version }]) => `${id}:${version}`).join(",");
  const answer = await post("/inbox/many", { act: what, value, items });
  if (!answer) return;
  for (const { why, ids } of answer.told) {
    say(`${ids.map((id) => chosen.get(id)?.name).filter(Boolean).join(", ")}: ${why}`, true);
    for (const id of ids) seeAgain(id);
  }
  const left = new Set(answer.told.flatMap(({ ids }) => ids));
  for (const id of answer.done) {
    chosen.delete(id);
    if (!left.size) last = "";
  }
  if (answer.done.length) say(document.getElementById("many").dataset.done?.replace("{n}", answer.done.length) ?? said("{count} done.", { count: answer.done.length }));
  const bar = document.getElementById("many");
  delete bar.dataset.filled;
  for (const menu of bar.querySelectorAll("details[open]")) menu.open = false;
  if (!chosen.size) none();
  else showBar();
}

/** After a word about it, a row is chosen as it is seen now; what a colleague took out of the list is let go. */
function seeAgain(id) {
  const row = document.getElementById(`row-${id}`);
  if (row) chosen.set(id, { version: row.dataset.version, name: nameOf(row) });
  else chosen.delete(id);
}

/** What is chosen and who is where stays drawn when a row is put in anew. */
function draw() {
  const queue = document.getElementById("queue");
  const open = queue.classList.contains("choosing") || chosen.size > 0;
  queue.classList.toggle("picking", open);
  for (const row of rows()) {
    const box = row.querySelector(".pick");
    const on = chosen.has(row.dataset.id);
    if (box.checked !== on) box.checked = on;
    if (box.tabIndex !== (open ? 0 : -1)) box.tabIndex = open ? 0 : -1;
    row.classList.toggle("chosen", on);
    drawHere(row);
  }
}

function drawHere(row) {
  const chip = row.querySelector("[data-here]");
  const names = (here[row.dataset.id] ?? []).join(", ");
  if (chip.hidden !== !names) chip.hidden = !names;
  const line = chip.querySelector("[data-here-names]");
  if (line.textContent !== names) line.textContent = names;
}

async function askPresent() {
  if (document.hidden) return;
  const ids = rows().slice(0, 60).map((row) => row.dataset.id).join(",");
  if (!ids) return;
  const response = await fetch(`/inbox/present?ids=${ids}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || !response.headers.get("Content-Type")?.includes("json")) return;
  here = await response.json();
  draw();
}
