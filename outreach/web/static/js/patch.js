// Putting changed fragments into the page without disturbing what somebody is doing there.
import htmx from "htmx.org/dist/htmx.esm.js";
import { tick } from "./clocks.js";

let morph = null;
htmx.registerExtension("patch", { init: (api) => { morph = api.morph; } });

export function fragmentOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** Make an element look like a fragment, keeping focus and open menus where nothing changed. */
export function become(element, html) {
  const fragment = fragmentOf(html);
  const fresh = fragment.firstElementChild;
  if (!element || !fresh) return;
  // A menu somebody has open stays open.
  const menus = fresh.querySelectorAll("details.menu");
  element.querySelectorAll("details.menu").forEach((menu, place) => { if (menu.open && menus[place]) menus[place].open = true; });
  if (element.isEqualNode(fresh)) return;
  morph(element, fragment, false);
}

/** Patch the open thread: its head, the composer's state, and entries by id, new ones in their order. */
export function patchThread(content) {
  const workspace = document.getElementById("workspace");
  if (workspace?.dataset.conversation !== content.id) return;
  if (Number(workspace.dataset.version || 0) > content.version) return;
  workspace.dataset.version = content.version;
  for (const field of workspace.querySelectorAll('input[name="version"]')) field.value = content.version;
  become(document.getElementById("thread-head"), content.head);
  become(document.getElementById("composer-state"), content.state);
  patchItems(content.items);
  workspace.querySelector(".thread-empty")?.remove();
  htmx.process(workspace);
  tick(workspace);
  document.dispatchEvent(new CustomEvent("thread:patched"));
}

function patchItems(html) {
  const list = document.getElementById("items");
  const scroll = document.getElementById("scroll");
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  const days = new Set([...list.children].map((item) => item.dataset.day));
  let grew = false;
  for (const fresh of [...fragmentOf(html).children]) {
    const present = document.getElementById(fresh.id);
    if (present) {
      const heading = fresh.querySelector(":scope > .day");
      if (heading && !present.querySelector(":scope > .day")) heading.remove();
      if (!present.isEqualNode(fresh)) {
        const kept = present.querySelector(":scope > .day");
        if (kept && !heading) fresh.prepend(kept.cloneNode(true));
        present.replaceWith(fresh);
      }
      continue;
    }
    if (days.has(fresh.dataset.day)) fresh.querySelector(":scope > .day")?.remove();
    days.add(fresh.dataset.day);
    const after = [...list.children].findLast((item) => item.dataset.at <= fresh.dataset.at);
    if (after) after.after(fresh);
    else list.prepend(fresh);
    grew = true;
  }
  if (grew && atEnd) scroll.scrollTop = scroll.scrollHeight;
}

/** Put a row into the list shown, take it out, or move it to its place. */
export function patchRow(row, me) {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const view = queue.dataset.view;
  // A narrowed list takes nothing in by itself: what it is narrowed by is known to the server alone.
  const fits = !("narrowed" in queue.dataset) || document.getElementById(`row-${row.id}`);
  const belongs = fits && (view === "mine" ? row.state === "open" && row.owner === me : row.views.includes(view));
  const present = document.getElementById(`row-${row.id}`);
  const isOpen = document.getElementById("workspace")?.dataset.conversation === row.id;
  // The row of the thread being read stays where it is: nothing jumps away under somebody's eyes.
  if (!belongs && !(present && isOpen)) {
    present?.remove();
    return emptyOrNot();
  }
  const fresh = fragmentOf(row.html).firstElementChild;
  if (isOpen) fresh.classList.add("selected");
  if (present && !comesBefore(present, fresh, view) && !comesBefore(fresh, present, view)) {
    become(present, fresh.outerHTML);
  } else {
    const focused = present?.contains(document.activeElement);
    present?.remove();
    place(fresh, view);
    if (focused) fresh.querySelector("a").focus({ preventScroll: true });
  }
  tick(document.getElementById("rows"));
  emptyOrNot();
}

const OLDEST_FIRST = { unassigned: "waiting", waiting: "waiting", escalations: "urgent", snoozed: "snoozed" };

function orderOf(row, view) {
  return row.dataset[OLDEST_FIRST[view] ?? "at"] ?? "";
}

/** As the server orders them: dangers first, then by the time that counts in this list. */
function comesBefore(one, other, view) {
  const rank = Number(one.dataset.urgency) - Number(other.dataset.urgency);
  if (rank) return rank < 0;
  const [mine, theirs] = [orderOf(one, view), orderOf(other, view)];
  return view in OLDEST_FIRST ? mine < theirs : mine > theirs;
}

function place(fresh, view) {
  const rows = document.getElementById("rows");
  const next = [...rows.children].find((row) => comesBefore(fresh, row, view));
  if (next) next.before(fresh);
  else if (!document.querySelector(".more") || !rows.children.length) rows.append(fresh);
}

function emptyOrNot() {
  document.getElementById("queue-empty").hidden = document.getElementById("rows").children.length > 0;
}

export function showCount(view, count) {
  for (const element of document.querySelectorAll(`[data-count="${view}"]`)) {
    element.textContent = count >= 100 ? "99+" : String(count);
    if (["waiting", "escalations", "failed"].includes(view)) element.classList.toggle("hot", count > 0);
  }
}
