// Counters of one's own lists: asked for when the menu opens, and again when rows change, never more than now and then.
const EVERY = 5_000;
let asked = 0;
let waiting = 0;

export function startSaved() {
  if (!document.querySelector("[data-saved]")) return;
  document.addEventListener("rows:changed", soon);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  void ask();
}

function soon() {
  if (document.hidden) return;
  clearTimeout(waiting);
  waiting = setTimeout(ask, Math.max(300, asked + EVERY - Date.now()));
}

async function ask() {
  asked = Date.now();
  const response = await fetch("/inbox/saved/counts", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok || !response.headers.get("Content-Type")?.includes("json")) return;
  const counts = await response.json();
  for (const element of document.querySelectorAll("[data-saved]")) element.textContent = counts[element.dataset.saved] ?? "";
}
