// The pane beside a thread: dialogs fetched when asked for, and what their forms answer put in its place.
import htmx from "htmx.org/dist/htmx.esm.js";
import { post, say } from "./net.js";
import { said } from "./said.js";

export function startAbout() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-fetch-dialog]");
    if (opener) void open(opener);
  });
  document.addEventListener("htmx:after:swap", tell);
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-about]");
    if (!form) return;
    event.preventDefault();
    void save(form, event.submitter);
  });
}

async function open(opener) {
  let response;
  try {
    response = await fetch(opener.dataset.fetchDialog, { headers: { "HX-Request": "true", Accept: "text/html" } });
  } catch {
    return say(said("The server can't be reached. Try again in a moment."), true);
  }
  const html = await response.text();
  const made = new DOMParser().parseFromString(html, "text/html");
  const dialog = made.querySelector("dialog");
  if (!response.ok || !dialog) return say(made.body.textContent.trim(), true);
  const shown = document.importNode(dialog, true);
  document.body.append(shown);
  shown.addEventListener("close", () => { shown.remove(); opener.isConnected && opener.focus(); });
  shown.showModal();
}

/** Say what was done, with a way back if there is one. */
function tell() {
  const told = document.querySelector("#about > [data-notice]");
  if (!told) return;
  told.remove();
  const { notice, undo, undoWords } = told.dataset;
  say(notice, false, undo ? { words: undoWords, act: async () => show(await post(undo, {})) } : null);
}

function show(answer) {
  const about = document.getElementById("about");
  if (answer?.html === undefined || !about) return;
  about.innerHTML = answer.html;
  htmx.process(about);
  tell();
}

async function save(form, submitter) {
  if (submitter) submitter.disabled = true;
  const answer = await post(form.getAttribute("action"), new FormData(form));
  if (submitter) submitter.disabled = false;
  if (answer?.html === undefined) return;
  form.closest("dialog")?.close();
  const about = document.getElementById("about");
  if (!about) return location.reload();
  about.innerHTML = answer.html;
  htmx.process(about);
  say(said("Saved."));
}
