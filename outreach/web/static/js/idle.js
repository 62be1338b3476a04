// Signing out an idle browser: a word of warning, then the sign-in page. Live updates are not activity.
const WARN = 60_000;
let until = 0;

export function startIdle() {
  const stated = document.querySelector('meta[name="signed-in-until"]')?.content;
  if (!stated) return;
  until = Date.parse(stated);
  setInterval(look, 1_000);
  document.getElementById("idle-stay").addEventListener("click", stay);
  document.getElementById("idle").addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
}

let asking = false;

async function look() {
  const left = until - Date.now();
  const dialog = document.getElementById("idle");
  if (left > WARN) {
    if (dialog.open) dialog.close();
    return;
  }
  if (!dialog.open) {
    // Another window of the same sign-in may have been used meanwhile.
    if (asking) return;
    asking = true;
    await renew("GET");
    asking = false;
    if (until - Date.now() <= WARN) dialog.showModal();
    return;
  }
  document.getElementById("idle-left").textContent = `${Math.max(0, Math.ceil(left / 1000))} s`;
  if (left <= 0) leave();
}

async function stay() {
  await renew("POST");
  document.getElementById("idle").close();
}

async function renew(method) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const response = await fetch("/session", { method, headers: { "X-CSRFToken": token, Accept: "application/json" } });
    if (response.status === 401) return leave();
    until = Date.parse((await response.json()).until);
  } catch { /* no network: the next look tries again */ }
}

function leave() {
  location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname)}`);
}
