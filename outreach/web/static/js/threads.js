// Opening threads beside the list, acting on them, and reading them.
import htmx from "htmx.org/dist/htmx.esm.js";
import { productNow, tick } from "./clocks.js";
import { writeAgain } from "./composer.js";
import { followEnd } from "./follow.js";
import { post, say } from "./net.js";
import { patchThread } from "./patch.js";
import { said } from "./said.js";

const READ_AFTER = 900;
let readTimer = 0;

export function startThreads() {
  document.addEventListener("click", clicked);
  document.addEventListener("submit", submitted);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || workspace()?.dataset.context !== "open") return;
    if (!event.target.closest("dialog, [popover], details[open], #composer")) toggleContext();
  });
  addEventListener("popstate", () => location.reload());
  document.addEventListener("thread:patched", () => { undoTimers(); readSoon(); });
  opened();
}

const workspace = () => document.getElementById("workspace");
export const openId = () => workspace()?.dataset.conversation ?? "";

function clicked(event) {
  const link = event.target.closest("a[data-conversation]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    return void show(link);
  }
  const act = event.target.closest("[data-act]");
  if (act) return void doAct(act);
  const resolve = event.target.closest("[data-resolve]");
  if (resolve) return ask("resolve", `escalations/${resolve.dataset.resolve}`);
  const overrule = event.target.closest("[data-overrule]");
  if (overrule) return ask("overrule", `escalations/${overrule.dataset.overrule}`);
  const classify = event.target.closest("[data-classify]");
  if (classify) return ask("mark", `texts/${classify.dataset.classify}`);
  if (event.target.closest("[data-toggle-context]")) toggleContext();
  if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog").close();
}

/** Open the conversation of a row beside the list. */
export async function show(link) {
  document.dispatchEvent(new CustomEvent("thread:leaving"));
  const query = new URLSearchParams(document.getElementById("queue").dataset.query);
  let response;
  try {
    response = await fetch(`${link.getAttribute("href")}?${query}`, { headers: { "HX-Request": "true", Accept: "text/html" } });
  } catch {
    return say(said("The server can't be reached. Try again in a moment."), true);
  }
  if (!response.ok) return location.assign(link.href);
  const html = await response.text();
  const template = document.createElement("template");
  template.innerHTML = html;
  workspace().replaceWith(template.content.firstElementChild);
  document.querySelector("main").classList.add("has-thread");
  history.pushState({}, "", `${link.getAttribute("href")}?${query}`);
  const name = workspace().querySelector("h2")?.textContent;
  document.title = name ? `${name} · Outreach` : document.title;
  htmx.process(workspace());
  opened();
}

function opened() {
  for (const row of document.querySelectorAll(".row")) {
    const isOpen = row.dataset.id === openId();
    row.classList.toggle("selected", isOpen);
    const link = row.querySelector("a");
    if (isOpen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  document.querySelector(".row.selected")?.scrollIntoView({ block: "nearest" });
  const scroll = document.getElementById("scroll");
  const target = location.hash && document.querySelector(location.hash);
  if (target) target.scrollIntoView();
  else if (scroll) scroll.scrollTop = scroll.scrollHeight;
  followEnd();
  tick(workspace());
  undoTimers();
  readSoon();
  document.dispatchEvent(new CustomEvent("thread:opened"));
}

function readSoon() {
  clearTimeout(readTimer);
  const id = openId();
  const canReply = document.body.dataset.can.split(" ").includes("reply");
  if (!id || !canReply || !document.querySelector(".row.selected.unread, .workspace .them")) return;
  readTimer = setTimeout(() => {
    const unread = document.getElementById(`row-${id}`)?.classList.contains("unread");
    if (openId() === id && !document.hidden && unread !== false) post(`/inbox/${id}/read`, {});
  }, READ_AFTER);
}

async function doAct(button) {
  const values = { version: workspace().dataset.version };
  if (button.dataset.message) values.message = button.dataset.message;
  if (button.dataset.shouldBe) values.should_be = button.dataset.shouldBe;
  const of = button.dataset.escalation ? `escalations/${button.dataset.escalation}/`
    : button.dataset.text ? `texts/${button.dataset.text}/` : "";
  const path = `/inbox/${openId()}/${of}${button.dataset.act}`;
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true"); // not `disabled`, which would take the focus off it
  const photo = button.closest(".item")?.querySelector("img.photo");
  const answer = await post(path, values);
  button.removeAttribute("aria-disabled");
  take(answer);
  if (answer?.taken_back !== undefined) writeAgain(answer.taken_back, photo);
}

async function submitted(event) {
  const form = event.target.closest("form[data-acts]");
  if (!form) return;
  event.preventDefault();
  const values = new FormData(form, event.submitter);
  values.set("version", workspace().dataset.version);
  form.closest("[popover]")?.hidePopover();
  const answer = await post(form.getAttribute("action"), values);
  if (!answer) return;
  form.closest("dialog")?.close();
  form.reset();
  take(answer);
}

/** Take in what an act answered: the thread as it is now, and a word about it. */
export function take(answer) {
  if (!answer) return;
  if (answer.thread) patchThread(answer.thread);
  const { undo } = answer;
  const id = openId();
  const back = async () => {
    const version = openId() === id ? workspace().dataset.version : answer.thread.version;
    take(await post(`/inbox/${id}/${undo.act}`, { waited: undo.waited, version }));
  };
  say(answer.notice, false, undo ? { words: undo.words, act: back } : null);
}

/** Ask in a dialog what only a person can say: how it ended, how they know that it was nothing, what it is. */
function ask(act, of) {
  const dialog = document.getElementById(act);
  dialog.querySelector("form").setAttribute("action", `/inbox/${openId()}/${of}/${act}`);
  dialog.showModal();
}

function toggleContext() {
  const isOpen = workspace().dataset.context === "open";
  workspace().dataset.context = isOpen ? "" : "open";
  for (const button of document.querySelectorAll(".context-toggle")) button.setAttribute("aria-expanded", String(!isOpen));
  if (!isOpen) document.querySelector("#context [data-toggle-context]")?.focus();
  else document.querySelector(".context-toggle")?.focus();
}

function undoTimers() {
  for (const button of document.querySelectorAll("[data-undo-until]")) {
    const left = Date.parse(button.dataset.undoUntil) - productNow();
    if (left < 60_000) setTimeout(() => button.remove(), Math.max(0, left));
  }
}
