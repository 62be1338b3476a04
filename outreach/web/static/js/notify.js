// Telling somebody who looks elsewhere: a number in the window's title, a notice of the system's, a short sound.
// A notice never says who writes or what: others may see the screen.
import { productNow } from "./clocks.js";
import { fragmentOf } from "./patch.js";
import { said } from "./said.js";

const FRESH = 120_000;
const TONES = { text: [660, 880], red: [880, 660, 880] };
const known = new Map();
const unseen = new Set();
let title = "";
let audio = null;

export function startNotify() {
  title = document.title;
  for (const row of document.querySelectorAll("#rows > .row")) known.set(row.dataset.id, row.dataset.at);
  addEventListener("focus", seen);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && document.hasFocus()) seen(); });
  document.addEventListener("thread:opened", () => { title = document.title.replace(/^\(\d+\) /, ""); });
  // Browsers let a page sound only after somebody has used it.
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { if (wants().sound) sounding(); }, { once: true });
  document.getElementById("notify-allow")?.addEventListener("click", allow);
  document.getElementById("notify-try")?.addEventListener("click", () => sound("text"));
  showAllowed();
}

const wants = () => ({ what: document.body.dataset.notify ?? "off", sound: "sound" in document.body.dataset });

/** Look at rows that came in live: what is new, waits for a person, and concerns me. */
export function hear(rows, me) {
  for (const row of rows) {
    const drawn = fragmentOf(row.html).firstElementChild;
    const before = known.get(row.id);
    known.set(row.id, drawn.dataset.at);
    const isNew = before ? drawn.dataset.at > before : productNow() - Date.parse(drawn.dataset.at) < FRESH;
    if (isNew && drawn.classList.contains("unread") && drawn.dataset.waiting) tell(row, drawn, me);
  }
}

function tell(row, drawn, me) {
  const urgent = ["red", "orange"].includes(drawn.dataset.tier);
  const mine = row.owner === me;
  if (!urgent && row.owner && !mine) return;
  if (document.hasFocus() && !(urgent && drawn.dataset.tier === "red")) return;
  if (!document.hasFocus()) unseen.add(row.id);
  badge();
  const { what, sound: loud } = wants();
  if (what === "off" || (what === "fewer" && !urgent && !mine)) return;
  if (loud) sound(drawn.dataset.tier === "red" ? "red" : "text");
  if (!document.hasFocus()) notice(row.id, urgent, drawn.dataset.tier);
}

function notice(id, urgent, tier) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const words = urgent ? said("An urgent text needs a person now") : said("A text waits for an answer");
  // The tag makes the same text in several windows one notice.
  const made = new Notification("Outreach", { body: words, tag: `outreach-${id}`, icon: "/static/brand.svg", requireInteraction: tier === "red" });
  made.addEventListener("click", () => { focus(); made.close(); location.assign(`/inbox/${id}?view=all`); });
}

function seen() {
  unseen.clear();
  badge();
}

function badge() {
  document.title = unseen.size ? `(${unseen.size}) ${title}` : title;
}

function sounding() {
  audio ??= new AudioContext();
  if (audio.state === "suspended") void audio.resume();
  return audio;
}

/** Some short, soft tones, made here: nothing to download. */
function sound(kind) {
  const context = sounding();
  TONES[kind].forEach((pitch, place) => {
    const at = context.currentTime + place * 0.14;
    const tone = new OscillatorNode(context, { frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.12, at + 0.02);
    gain.gain.linearRampToValueAtTime(0, at + 0.12);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.13);
  });
  document.body.dataset.sounded = kind;
}

async function allow() {
  await Notification.requestPermission();
  showAllowed();
}

function showAllowed() {
  const words = document.getElementById("notify-state");
  if (!words) return;
  const state = "Notification" in window ? Notification.permission : "denied";
  words.textContent = words.dataset[state];
  document.getElementById("notify-allow").hidden = state !== "default";
}
