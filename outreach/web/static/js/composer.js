// Writing: texts and notes, what a text will cost, drafts kept on the server.
import { post } from "./net.js";
import { openId, take } from "./threads.js";

let measuring = 0;
let drafting = 0;

export function startComposer() {
  document.addEventListener("input", (event) => { if (event.target.id === "body") typed(event.target); });
  document.addEventListener("change", (event) => { if (event.target.name === "mode") switchMode(event.target.form); });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "body" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send(event.target.form);
    }
  });
  document.addEventListener("thread:opened", prepare);
  document.addEventListener("thread:patched", block);
  prepare();
}

const composer = () => document.getElementById("composer");

function prepare() {
  const form = composer();
  if (!form) return;
  switchMode(form);
  if (form.elements.body.value) measure(form);
}

function block() {
  const form = composer();
  if (!form) return;
  const blocked = document.getElementById("composer-state").dataset.blocked === "yes";
  const [text, note] = form.querySelectorAll('input[name="mode"]');
  text.disabled = blocked;
  if (blocked && text.checked) { note.checked = true; switchMode(form); }
}

export function write(mode) {
  const form = composer();
  if (!form) return;
  const choice = form.querySelector(`input[name="mode"][value="${mode}"]`);
  if (choice.disabled) return;
  choice.checked = true;
  switchMode(form);
  form.elements.body.focus();
}

function switchMode(form) {
  const mode = form.querySelector('input[name="mode"]:checked')?.value ?? "note";
  form.dataset.mode = mode;
  const body = form.elements.body;
  body.placeholder = mode === "note" ? body.dataset.placeholderNote : body.dataset.placeholderText;
  const button = form.querySelector('button[type="submit"]');
  button.querySelector("span").textContent = mode === "note" ? button.dataset.labelNote : button.dataset.labelText;
  document.getElementById("measure").hidden = mode === "note";
}

function typed(body) {
  clearTimeout(measuring);
  measuring = setTimeout(() => measure(body.form), 250);
  clearTimeout(drafting);
  const id = openId();
  drafting = setTimeout(() => { if (openId() === id) post(`/inbox/${id}/draft`, { body: body.value }); }, 1500);
}

async function measure(form) {
  const found = await post("/inbox/measure", { body: form.elements.body.value });
  if (found?.html !== undefined) document.getElementById("measure").innerHTML = found.html;
}

async function send(form) {
  const body = form.elements.body;
  if (!body.value.trim()) return body.focus();
  clearTimeout(drafting);
  const button = form.querySelector('button[type="submit"]');
  button.disabled = true;
  const id = openId();
  const answer = await post(form.getAttribute("action"), new FormData(form));
  button.disabled = false;
  if (!answer) return;
  if (openId() === id) {
    body.value = "";
    document.getElementById("measure").textContent = "";
    take(answer);
    body.focus();
  }
}
