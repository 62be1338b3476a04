// The page: list of phones, open phones, and one call a second that keeps both fresh.

import { getView, namePhone } from "./api.js";
import { connectFaults, refreshFaults } from "./faults.js";
import { dayAndTime, phoneNumber, timeOf, toE164 } from "./format.js";
import { Phone } from "./phone.js";

const EVERY_MS = 1000;
const MOST_LISTED = 200;
const NARROW = matchMedia("(max-width: 760px)");
const byId = (id) => document.getElementById(id);

const state = { version: "", entries: [], open: [], seen: new Map(), clock: null, first: true };
const desk = byId("desk");

function room() {
  if (NARROW.matches) return 1;
  const inner = desk.clientWidth - 32;
  return Math.max(1, Math.min(4, Math.floor((inner + 16) / 336)));
}

function remember() {
  sessionStorage.setItem("open", JSON.stringify(state.open.map((phone) => phone.e164)));
}

function close(phone) {
  const place = state.open.indexOf(phone);
  phone.root.remove();
  state.open.splice(place, 1);
  remember();
  renderList();
  byId("desk-empty").hidden = state.open.length > 0;
  document.querySelector(`.entry[data-phone="${CSS.escape(phone.e164)}"]`)?.focus();
}

function open(e164) {
  const already = state.open.find((phone) => phone.e164 === e164);
  if (already) {
    desk.append(already.root);
    return already;
  }
  while (state.open.length >= room()) state.open.shift().root.remove();
  const phone = new Phone(e164, { onClose: close, onSent: refresh });
  phone.describe(state.entries.find((entry) => entry.e164 === e164) ?? { e164, label: "" });
  state.open.push(phone);
  desk.append(phone.root);
  byId("desk-empty").hidden = true;
  state.version = "";
  remember();
  return phone;
}

function pick(e164) {
  const phone = open(e164);
  document.body.dataset.pane = "phone";
  refresh();
  phone.focus();
}

function matches(entry, words) {
  const digits = words.replace(/\D/g, "");
  const name = entry.label.toLowerCase();
  return name.includes(words) || (digits.length > 1 && entry.e164.includes(digits));
}

function entryElement(entry) {
  const item = byId("entry-template").content.cloneNode(true).firstElementChild;
  const button = item.firstElementChild;
  button.dataset.phone = entry.e164;
  button.addEventListener("click", () => pick(entry.e164));
  return item;
}

function fillEntry(item, entry) {
  const isOpen = state.open.some((phone) => phone.e164 === entry.e164);
  const inView = isOpen && (!NARROW.matches || document.body.dataset.pane === "phone");
  if (inView) state.seen.set(entry.e164, entry.texts);
  const unread = entry.texts - (state.seen.get(entry.e164) ?? 0);
  item.firstElementChild.setAttribute("aria-pressed", isOpen);
  item.querySelector(".entry-name").textContent = entry.label || phoneNumber(entry.e164);
  item.querySelector(".entry-last").textContent = entry.last || (entry.last_at ? "Photo" : "No texts yet");
  item.querySelector("time").textContent = entry.last_at ? timeOf(entry.last_at) : "";
  const badge = item.querySelector(".badge");
  badge.hidden = unread <= 0;
  badge.textContent = unread;
  badge.setAttribute("aria-label", `${unread} new`);
}

function renderList() {
  const words = byId("search").value.trim().toLowerCase();
  const found = state.entries.filter((entry) => !words || matches(entry, words));
  const list = byId("phones");
  const known = new Map([...list.children].map((item) => [item.firstElementChild.dataset.phone, item]));
  const wanted = found.slice(0, MOST_LISTED).map((entry) => {
    const item = known.get(entry.e164) ?? entryElement(entry);
    fillEntry(item, entry);
    return item;
  });
  wanted.forEach((item, place) => {
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
  byId("no-phones").hidden = state.entries.length > 0;
  byId("no-match").hidden = !words || found.length > 0;
  byId("more").hidden = found.length <= MOST_LISTED;
  byId("more").textContent = `${found.length - MOST_LISTED} more: search to find them.`;
}

function arrange(entries) {
  const name = (entry) => entry.label || `~${entry.e164}`;
  return entries.sort((a, b) => name(a).localeCompare(name(b)));
}

// On the first look, show again what was open, or the phones that heard something last.
function openFirst() {
  state.first = false;
  const before = JSON.parse(sessionStorage.getItem("open") ?? "null");
  const latest = [...state.entries].sort((a, b) => b.touched - a.touched).map((entry) => entry.e164);
  const listed = (before ?? latest).filter((e164) => state.entries.some((entry) => entry.e164 === e164));
  for (const entry of state.entries) state.seen.set(entry.e164, entry.texts);
  if (NARROW.matches) return;
  for (const e164 of listed.slice(0, Math.min(room(), before ? 4 : 2))) open(e164);
}

function live(name, words) {
  const line = byId("live");
  if (line.dataset.state === name) return;
  line.dataset.state = name;
  byId("live-words").textContent = words;
}

async function look() {
  const view = await getView(state.version, state.open.map((phone) => phone.e164));
  state.clock = { at: Date.parse(view.clock.now), speed: view.clock.speed, told: performance.now() };
  if (!view.phones) return;
  state.version = String(view.version);
  state.entries = arrange(view.phones);
  if (state.first) {
    openFirst();
    renderList();
    if (state.open.length) await look();
    return;
  }
  for (const phone of state.open) {
    const entry = state.entries.find((item) => item.e164 === phone.e164);
    if (entry) phone.describe(entry);
    if (view.threads[phone.e164]) phone.render(view.threads[phone.e164]);
  }
  renderList();
}

let busy = null;
function refresh() {
  busy ??= look()
    .then(() => live("on", "Live"))
    .catch(() => live("off", "No connection, trying again"))
    .finally(() => { busy = null; });
  return busy;
}

function tick() {
  if (!state.clock) return;
  const { at, speed, told } = state.clock;
  byId("clock").hidden = speed === 1;
  if (speed === 1) return;
  byId("clock-time").textContent = dayAndTime(new Date(at + (performance.now() - told) * speed));
  byId("speed").textContent = `· ${speed.toLocaleString("en-US")}× faster`;
}

function showFaults(wanted) {
  byId("faults").hidden = !wanted;
  byId("faults-button").setAttribute("aria-expanded", wanted);
  if (wanted) refreshFaults();
  fit();
}

function fit() {
  while (state.open.length > room()) state.open.shift().root.remove();
  renderList();
}

function connect() {
  byId("search").addEventListener("input", renderList);
  byId("back").addEventListener("click", () => {
    document.body.dataset.pane = "list";
    const last = state.open.at(-1);
    document.querySelector(`.entry[data-phone="${CSS.escape(last?.e164 ?? "")}"]`)?.focus();
  });
  byId("faults-button").addEventListener("click", () => showFaults(byId("faults").hidden));
  byId("faults-close").addEventListener("click", () => {
    showFaults(false);
    byId("faults-button").focus();
  });
  byId("add").addEventListener("submit", add);
  addEventListener("resize", fit);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("search").focus();
    }
    if (event.key === "Escape" && !byId("faults").hidden) byId("faults-close").click();
  });
}

async function add(event) {
  event.preventDefault();
  const e164 = toE164(byId("add-number").value);
  try {
    await namePhone(e164, byId("add-label").value.trim());
    byId("add-error").textContent = "";
    event.target.reset();
    await refresh();
    pick(e164);
  } catch (error) {
    byId("add-error").textContent = error.message;
  }
}

connect();
connectFaults();
refreshFaults().catch(() => {});
refresh();
setInterval(() => { if (!document.hidden) refresh(); }, EVERY_MS);
setInterval(tick, 250);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
