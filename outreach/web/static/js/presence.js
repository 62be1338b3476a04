// Saying that this page has a conversation open, and showing who else has. Names stay on the page: what goes
// to the server is "looks" or "writes". It is no sign of use: it keeps nobody signed in.
import { isWriting } from "./composer.js";
import { openId } from "./threads.js";

const AGAIN = 15_000;
let told = "";
let toldOf = "";

export function startPresence() {
  setInterval(() => tell(true), AGAIN);
  document.addEventListener("thread:opened", () => { leave(); tell(true); });
  document.addEventListener("writing", () => tell(false));
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : tell(true)));
  addEventListener("pagehide", leave);
  tell(true);
}

function tell(again) {
  const id = openId();
  if (!id || document.hidden) return;
  const how = isWriting() ? "writes" : "looks";
  if (!again && told === how && toldOf === id) return;
  told = how;
  toldOf = id;
  send(id, how);
}

function leave() {
  if (toldOf) send(toldOf, "gone");
  toldOf = told = "";
}

function send(id, how) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  fetch(`/inbox/${id}/here`, { method: "POST", keepalive: true, body: new URLSearchParams({ how }), headers: { "X-CSRFToken": token } }).catch(() => {});
}

/** Show who else is in the open conversation. */
export function showPresent(content) {
  const line = document.getElementById("presence");
  if (!line || content.id !== openId()) return;
  const others = content.people.filter((one) => one.id !== document.body.dataset.me);
  const writers = others.filter((one) => one.writes);
  const named = (writers.length ? writers : others).map((one) => one.name).join(", ");
  const words = !others.length ? "" : (writers.length ? line.dataset.writes : line.dataset.looks).replace("{who}", named);
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("tone-warn", writers.length > 0);
}
