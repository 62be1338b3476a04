// Everything that can be done here, by its name: what the page offers now, its lists, and the other pages.
// Nothing is listed twice by hand: commands are the page's own buttons and links.
import { write } from "./composer.js";
import { said } from "./said.js";

const SOURCES = [
  ["Here", "#notices button, #composer [data-command], #thread-head button, #thread-head a[target], .band-acts button, .queue .list-tools button, #about button, .workspace [popover] [data-command]"],
  ["Lists", ".views a"],
  ["Pages", ".nav a, .account a.menu-item, .account button.menu-item, #mentions"],
];
let commands = [];
let at = 0;

export function startPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (!document.querySelector("dialog[open]")) open(dialog);
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) open(dialog); });
  const field = dialog.querySelector("input");
  field.addEventListener("input", () => { at = 0; draw(dialog); });
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const count = found(field.value).length;
      at = count ? (at + step + count) % count : 0;
      draw(dialog);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(dialog, found(field.value)[at]);
    }
  });
  dialog.querySelector("ul").addEventListener("click", (event) => {
    const row = event.target.closest("[role=option]");
    if (row) run(dialog, found(field.value)[Number(row.dataset.place)]);
  });
}

function open(dialog) {
  commands = SOURCES.flatMap(([group, selector]) => [...document.querySelectorAll(selector)]
    .filter((element) => !element.disabled && !element.closest("[hidden]") && element.closest("dialog") === null && isOffered(element))
    .map((element) => ({ group: groupName(group), name: nameOf(element), run: () => go(element) })))
    .filter((one) => one.name);
  at = 0;
  dialog.querySelector("input").value = "";
  draw(dialog);
  dialog.showModal();
}

/** Whether whoever looks may do it, and the conversation is in a state for it. */
function isOffered(element) {
  const can = document.body.dataset.can.split(" ");
  for (let one = element.closest("[data-needs]"); one; one = one.parentElement.closest("[data-needs]")) if (!can.includes(one.dataset.needs)) return false;
  const popover = element.closest("[popover]");
  return !popover || document.querySelector(`#thread-head [popovertarget="${popover.id}"]`) !== null;
}

function groupName(group) {
  if (group === "Here") return said("Here");
  return group === "Lists" ? said("Lists") : said("Pages");
}

function nameOf(element) {
  const copy = element.cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, .count, .view-count, .menu-count")) extra.remove();
  return (element.dataset.command || element.getAttribute("aria-label") || copy.textContent).replace(/\s+/g, " ").trim();
}

function go(element) {
  if (element.name === "mode") return write(element.value);
  const menu = element.closest("details.menu");
  if (menu && element.tagName !== "SUMMARY" && element.tagName !== "A") menu.open = true;
  element.focus();
  element.click();
}

const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function found(typed) {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  const fits = commands.filter((one) => wanted.every((word) => ` ${plain(one.name)}`.includes(` ${word}`)));
  if (!typed.trim() || !document.getElementById("find")) return fits;
  const name = said("Find “{words}”", { words: typed.trim() });
  return [...fits, { group: said("Find"), name, run: () => find(typed.trim()) }];
}

function find(words) {
  const field = document.getElementById("find");
  field.value = words;
  field.form.requestSubmit();
}

function draw(dialog) {
  const field = dialog.querySelector("input");
  const rows = found(field.value).map((one, place) => {
    const row = document.createElement("li");
    row.id = `palette-${place}`;
    row.dataset.place = place;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(place === at));
    const name = document.createElement("span");
    name.textContent = one.name;
    const group = document.createElement("span");
    group.className = "quiet small";
    group.textContent = one.group;
    row.append(name, group);
    return row;
  });
  const list = dialog.querySelector("ul");
  list.replaceChildren(...rows);
  dialog.querySelector(".palette-none").hidden = rows.length > 0;
  if (rows[at]) {
    field.setAttribute("aria-activedescendant", rows[at].id);
    rows[at].scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

function run(dialog, command) {
  if (!command) return;
  dialog.close();
  command.run();
}
