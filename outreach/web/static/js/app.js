// The browser's part: server-rendered pages, patched as things change. Everything works by links and forms;
// this makes it live, quick and keyboard-driven.
import "htmx.org/dist/htmx.esm.js";
import { startAbout } from "./about.js";
import { startClocks } from "./clocks.js";
import { startComposer } from "./composer.js";
import { startFocus } from "./focus.js";
import { startIdle } from "./idle.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMany } from "./many.js";
import { startMenus } from "./menus.js";
import { startNotify } from "./notify.js";
import { startPalette } from "./palette.js";
import { startPresence } from "./presence.js";
import { startSaved } from "./saved.js";
import { startThreads } from "./threads.js";

document.body.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
});

startClocks();
startFocus();
startMenus();
startIdle();
startPalette();
startAbout();
startKeys();
document.querySelector("[data-print]")?.addEventListener("click", () => print());
if (document.querySelector(".inbox")) {
  startThreads();
  startComposer();
  startMany();
  startPresence();
  startSaved();
}
startNotify();
startLive();
