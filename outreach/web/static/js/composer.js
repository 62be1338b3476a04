// Writing: texts now or later, notes, what a text will cost, drafts kept on the server, who else is here.
import { placeAt } from "./menus.js";
import { post } from "./net.js";
import { hasPhoto, photoSent, restorePhoto, startPhoto } from "./photo.js";
import { startPicks } from "./picks.js";
import { openId, take } from "./threads.js";

let measuring = 0;
let drafting = 0;
let unkept = null; // what was typed since the draft was last kept, and where
let seen = new Set();

export function startComposer() {
  document.addEventListener("input", (event) => { if (event.target.id === "body") typed(event.target); });
  document.addEventListener("change", (event) => {
    if (event.target.name !== "mode") return;
    switchMode(event.target.form);
    noteDraft(event.target.form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return keepDraft();
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "body" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send(event.target.form);
    }
    if (event.target.id === "why-now" && event.key === "Enter") {
      event.preventDefault();
      send(composer(), "now");
    }
  });
  document.addEventListener("click", clicked);
  document.addEventListener("toggle", (event) => { if (event.target.id === "later" && event.newState === "open") offerTimes(event.target); }, true);
  document.addEventListener("thread:leaving", keepDraft);
  document.addEventListener("thread:opened", prepare);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keepDraft(); });
  addEventListener("pagehide", keepDraft);
  document.addEventListener("thread:patched", patched);
  startPicks();
  startPhoto(() => measure(composer()));
  prepare();
}

const composer = () => document.getElementById("composer");
export const isWriting = () => composer()?.dataset.mode === "text" && (composer().elements.body.value.trim() !== "" || hasPhoto());

function prepare() {
  const form = composer();
  keepDraft();
  look();
  if (!form) return;
  switchMode(form);
  if (form.elements.body.value) measure(form);
  restorePhoto(() => { switchMode(form); measure(form); });
}

const texts = () => [...document.querySelectorAll("#items > .kind-text")];
const look = () => { seen = new Set(texts().map((one) => one.id)); };

function patched() {
  block();
  const shown = texts();
  const known = shown.findIndex((one) => seen.has(one.id));
  // What a patient wrote may come in before an answer of ours that is shown already; older texts stand before all.
  const fresh = (known < 0 ? shown.slice(-1) : shown.slice(known).filter((one) => !seen.has(one.id)))
    .filter((one) => !one.classList.contains("automated"));
  look();
  if (!fresh.length || !isWriting()) return;
  const warning = document.getElementById("meanwhile");
  const wrote = fresh.some((one) => one.classList.contains("them"));
  warning.querySelector("span").textContent = wrote ? warning.dataset.wordsText : warning.dataset.wordsReply;
  warning.hidden = false;
}

function block() {
  const form = composer();
  if (!form) return;
  const blocked = document.getElementById("composer-state").dataset.blocked === "yes";
  const [text, note] = form.querySelectorAll('input[name="mode"]');
  text.disabled = blocked;
  if (blocked && text.checked) { note.checked = true; switchMode(form); noteDraft(form); }
}

export function write(mode) {
  const form = composer();
  if (!form) return;
  const choice = form.querySelector(`input[name="mode"][value="${mode}"]`);
  if (choice.disabled) return;
  choice.checked = true;
  switchMode(form);
  noteDraft(form);
  form.elements.body.focus();
}

/** Put the words of a text that was taken back, and its photo, where they can be written on. */
export function writeAgain(words, photo) {
  const form = composer();
  if (!form) return;
  const body = form.elements.body;
  if (!body.value.trim() && !hasPhoto()) {
    write("text");
    body.value = words;
    typed(body);
    if (photo) restorePhoto(() => { switchMode(form); measure(form); }, photo);
  }
  body.focus();
}

function switchMode(form) {
  const mode = form.querySelector('input[name="mode"]:checked')?.value ?? "note";
  form.dataset.mode = mode;
  const body = form.elements.body;
  body.placeholder = mode === "note" ? body.dataset.placeholderNote : body.dataset.placeholderText;
  const button = form.querySelector('button[type="submit"]');
  button.querySelector("span").textContent = mode === "note" ? button.dataset.labelNote : button.dataset.labelText;
  document.getElementById("measure").hidden = mode === "note";
  document.getElementById("send-later").hidden = mode === "note";
  document.getElementById("add-photo").hidden = mode === "note";
  document.getElementById("photo-out").hidden = mode === "note" || !hasPhoto();
  forgetAsk();
}

function typed(body) {
  forgetAsk();
  clearTimeout(measuring);
  measuring = setTimeout(() => measure(body.form), 250);
  unkept ??= {};
  noteDraft(body.form);
  document.dispatchEvent(new CustomEvent("writing"));
}

function noteDraft(form) {
  const body = form.elements.body.value;
  if (!unkept && !body.trim()) return;
  unkept = { id: openId(), body, mode: form.dataset.mode, draft_key: form.elements.draft_key.value };
  clearTimeout(drafting);
  drafting = setTimeout(keepDraft, 1500);
}

// One after the other: what was typed last is what is kept. A page that goes away can't wait.
let keeping = Promise.resolve();

/** Keep what was typed now, where it was typed: in a moment the page may show another thread, or be gone. */
function keepDraft(event) {
  clearTimeout(drafting);
  if (!unkept) return;
  const draft = unkept;
  unkept = null;
  keep(draft, event?.type === "pagehide");
}

function keep({ id, ...values }, atOnce = false) {
  const save = () => post(`/inbox/${id}/draft`, values, { keepalive: true });
  keeping = atOnce ? save() : keeping.then(save);
}

async function measure(form) {
  if (form.dataset.mode === "note") return;
  const id = openId();
  const something = () => form.elements.body.value.trim() !== "" || hasPhoto();
  if (!something()) return void document.getElementById("measure").replaceChildren();
  const found = await post(`/inbox/${id}/measure`, { body: form.elements.body.value, ...(hasPhoto() ? { photo: "1" } : {}) });
  if (found?.html !== undefined && openId() === id && something()) document.getElementById("measure").innerHTML = found.html;
}

function clicked(event) {
  const form = composer();
  if (!form) return;
  const when = event.target.closest("[data-when]");
  if (when) return void sendAt(form, when.dataset.when);
  const field = event.target.closest("[data-when-field]");
  if (field) return void sendAt(form, document.getElementById(field.dataset.whenField).value || "never");
  if (event.target.closest("[data-forget-ask]")) { forgetAsk(); form.elements.body.focus(); }
  if (event.target.closest("[data-show-newest]")) {
    document.getElementById("meanwhile").hidden = true;
    texts().at(-1)?.scrollIntoView({ block: "center" });
    form.elements.body.focus();
  }
}

function sendAt(form, when) {
  document.querySelector("#later:popover-open")?.hidePopover();
  send(form, when);
}

async function offerTimes(popover) {
  const response = await fetch(`/inbox/${openId()}/later`, { headers: { "HX-Request": "true", Accept: "text/html" } });
  if (!response.ok) return;
  popover.innerHTML = await response.text();
  placeAt(popover);
  popover.querySelector("button")?.focus();
}

function forgetAsk() {
  document.getElementById("ask")?.replaceChildren();
}

async function send(form, when = "") {
  const body = form.elements.body;
  const isNote = form.dataset.mode === "note";
  if (!body.value.trim() && (isNote || !hasPhoto())) return body.focus();
  clearTimeout(drafting);
  const left = unkept;
  unkept = null;
  const values = new FormData(form);
  const sent = body.value;
  if (isNote) values.delete("photo");
  if (when && form.dataset.mode === "text") values.set("when", when);
  if (when === "now") values.set("why_now", document.getElementById("why-now")?.value ?? "");
  const button = form.querySelector('button[type="submit"]');
  button.disabled = true;
  const id = openId();
  const answer = await post(form.getAttribute("action"), values);
  button.disabled = false;
  if (!answer || answer.ask) {
    unkept ??= left;
    keepDraft();
  }
  if (!answer || (answer.ask && composer() !== form)) return;
  if (answer.ask) {
    const scroll = document.getElementById("scroll");
    const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
    document.getElementById("ask").innerHTML = answer.ask;
    if (atEnd) scroll.scrollTop = scroll.scrollHeight;
    return void document.querySelector("#ask button")?.focus();
  }
  if (unkept?.id === id) unkept = null;
  // What was typed while it was on its way begins the next one.
  const added = body.value.startsWith(sent) ? body.value.slice(sent.length).trimStart() : "";
  if (composer() !== form) {
    if (added) keep({ id, body: added, mode: form.dataset.mode, draft_key: answer.draft_key });
    if (openId() === id && composer()?.elements.body.value === sent) composer().elements.body.value = ""; // come back to
    return;
  }
  if (!isNote) photoSent();
  body.value = added;
  form.elements.draft_key.value = answer.draft_key;
  noteDraft(form);
  forgetAsk();
  document.getElementById("meanwhile").hidden = true;
  document.getElementById("measure").replaceChildren();
  take(answer);
  look();
  document.dispatchEvent(new CustomEvent("writing"));
  body.focus();
}
