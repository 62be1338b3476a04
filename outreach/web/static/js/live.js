// Live changes: one stream per page. After sleep or a lost connection it asks from the last number it saw.
import { set as setClock } from "./clocks.js";
import { hear } from "./notify.js";
import { patchRow, patchThread, showCount } from "./patch.js";
import { showPresent } from "./presence.js";
import { said } from "./said.js";

const PATIENCE = 6_000;
const SILENCE = 40_000;
let source = null;
let last = 0;
let watched = "";
let heard = 0;
let downTimer = 0;
let wait = 1_000;
const counts = new Map();
const mine = new Set();

export function startLive() {
  const stated = document.body.dataset.live;
  if (!stated) return;
  last = Number(stated);
  for (const id of (document.getElementById("queue")?.dataset.mine ?? "").split(" ")) if (id) mine.add(id);
  open();
  document.addEventListener("thread:opened", () => { if (current() !== watched) open(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) check(); });
  addEventListener("online", open);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  setInterval(check, 10_000);
}

const current = () => document.getElementById("workspace")?.dataset.conversation ?? "";

function open() {
  source?.close();
  watched = current();
  heard = Date.now();
  const query = new URLSearchParams({ after: last });
  if (watched) query.set("watch", watched);
  source = new EventSource(`/live?${query}`);
  source.addEventListener("open", () => { wait = 1_000; up(); });
  source.addEventListener("error", fell);
  on("rows", rows);
  on("thread", (content) => {
    patchThread(content);
    if (content.spoken) document.getElementById("spoken").textContent = content.spoken;
  });
  on("presence", showPresent);
  on("me", (content) => showMentions(content.mentions));
  on("clock", (content) => setClock(content.now));
  on("resync", () => location.reload());
  on("bye", () => location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname)}`));
}

function on(name, act) {
  source.addEventListener(name, (event) => {
    heard = Date.now();
    if (event.lastEventId) last = Math.max(last, Number(event.lastEventId));
    act(JSON.parse(event.data));
  });
}

function rows(content) {
  const me = document.body.dataset.me;
  for (const row of content.rows) {
    if (row.state === "open" && row.owner === me) mine.add(row.id);
    else mine.delete(row.id);
    patchRow(row, me);
  }
  hear(content.rows, me);
  document.dispatchEvent(new CustomEvent("rows:changed"));
  counts.set(content.team, content.counts);
  showCount("mine", mine.size);
  // Counters of the other teams stand as the page was made; each team's own push renews its part.
  const teams = (document.body.dataset.teams ?? "").split(" ").filter(Boolean);
  if (teams.every((team) => counts.has(team))) {
    for (const view of Object.keys(content.counts)) {
      if (view !== "mine") showCount(view, teams.reduce((sum, team) => sum + counts.get(team)[view], 0));
    }
  }
}

function check() {
  if (source?.readyState === EventSource.CLOSED || Date.now() - heard > SILENCE) open();
}

function fell() {
  downTimer ||= setTimeout(down, PATIENCE);
  if (source.readyState === EventSource.CLOSED) {
    setTimeout(open, wait);
    wait = Math.min(wait * 2, 30_000);
  }
}

function up() {
  clearTimeout(downTimer);
  downTimer = 0;
  document.getElementById("offline").hidden = true;
  show("on", said("Live"));
}

function down() {
  document.getElementById("offline").hidden = false;
  show("down", said("Not live"));
}

function show(state, words) {
  const dot = document.getElementById("live-dot");
  dot.dataset.state = state;
  dot.querySelector(".live-words").textContent = words;
}

function showMentions(count) {
  const link = document.getElementById("mentions");
  if (!link) return;
  link.hidden = !count && link.getAttribute("aria-current") !== "page";
  link.querySelector("[data-mentions]").textContent = count >= 100 ? "99+" : String(count);
}
