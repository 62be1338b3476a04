// One open phone: its bubbles and its composer.

import { sendText } from "./api.js";
import { dayOf, fullOf, phoneNumber, stateOf, timeOf } from "./format.js";

const LARGEST_PHOTO = 5 * 1024 * 1024;
const template = document.getElementById("phone-template");

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bubble(row) {
  const side = row.inward ? "theirs" : "mine";
  const item = element("li", `text ${side} ${row.kind}`);
  item.dataset.sid = row.sid;
  item.append(element("span", "visually-hidden", row.inward ? "Clinic: " : "Phone: "));
  const box = element("div", "bubble", row.body);
  for (const sid of row.media) {
    const photo = document.createElement("img");
    photo.src = `/_sim/media/${sid}`;
    photo.alt = "Photo";
    box.append(photo);
  }
  item.append(box, element("p", "meta"));
  return item;
}

function describe(item, row) {
  const { words, mood } = stateOf(row);
  const at = row.shown_at ?? row.at;
  const time = element("time", "", timeOf(at));
  time.dateTime = at;
  time.title = fullOf(at);
  item.querySelector(".meta").replaceChildren(time, " · ", element("span", mood, words));
}

export class Phone {
  constructor(e164, { onClose, onSent }) {
    this.e164 = e164;
    this.root = template.content.cloneNode(true).firstElementChild;
    this.onSent = onSent;
    this.shown = "";
    this.photo = null;
    // A photo that has loaded makes its bubble taller: the end of the thread stays the end.
    this.find(".thread").addEventListener("load", () => { if (this.wasAtEnd) this.toEnd(); }, true);
    this.find(".thread").addEventListener("scroll", () => { this.wasAtEnd = this.atEnd(); });
    this.wasAtEnd = true;
    this.find(".close").addEventListener("click", () => onClose(this));
    this.connectComposer();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  focus() {
    this.find("textarea").focus({ preventScroll: true });
  }

  describe(entry) {
    const name = entry.label || phoneNumber(entry.e164);
    this.find("h2").textContent = name;
    this.find(".phone-number").textContent = entry.label ? phoneNumber(entry.e164) : "";
    this.find(".stopped").hidden = !entry.blocked;
    this.find(".close span").textContent = `Close the phone of ${name}`;
    this.find(".thread").setAttribute("aria-label", `Texts of ${name}`);
    const id = `compose-${entry.e164.slice(1)}`;
    this.find("textarea").id = id;
    const label = this.find(".composer label");
    label.htmlFor = id;
    label.textContent = `Text the clinic from the phone of ${name}`;
  }

  // Rows keep their element while they keep their place, so that a screen reader hears only what is new.
  render(rows) {
    const fingerprint = JSON.stringify(rows);
    if (fingerprint === this.shown) return;
    const stay = this.shown === "" || this.atEnd();
    this.shown = fingerprint;
    const log = this.find("ol");
    const known = new Map([...log.children].map((item) => [item.dataset.sid, item]));
    const wanted = [];
    let day = "";
    for (const row of rows) {
      const today = dayOf(row.shown_at ?? row.at);
      if (today !== day) {
        day = today;
        const key = `day ${today}`;
        const line = known.get(key) ?? element("li", "day", today);
        line.dataset.sid = key;
        wanted.push(line);
      }
      const old = known.get(row.sid);
      const same = old?.classList.contains(row.kind) ? old : undefined;
      const item = same ?? bubble(row);
      describe(item, row);
      wanted.push(item);
    }
    wanted.forEach((item, place) => {
      if (log.children[place] !== item) log.insertBefore(item, log.children[place] ?? null);
    });
    while (log.children.length > wanted.length) log.lastElementChild.remove();
    if (stay) this.toEnd();
  }

  atEnd() {
    const thread = this.find(".thread");
    return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
  }

  toEnd() {
    const thread = this.find(".thread");
    thread.scrollTop = thread.scrollHeight;
  }

  connectComposer() {
    const form = this.find("form");
    const area = this.find("textarea");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.send();
    });
    this.find(".attach").addEventListener("click", () => this.find(".file").click());
    this.find(".file").addEventListener("change", () => this.attach());
    this.find(".remove").addEventListener("click", () => this.detach());
  }

  async attach() {
    const file = this.find(".file").files[0];
    if (!file) return;
    if (file.size > LARGEST_PHOTO) {
      this.complain("This photo is larger than 5 MB. Phones send smaller ones.");
      return;
    }
    const url = await new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
    this.photo = { content_type: file.type, base64: url.slice(url.indexOf(",") + 1) };
    this.find(".attached span").textContent = `Photo attached: ${file.name}`;
    this.find(".attached").hidden = false;
    this.complain("");
    this.focus();
  }

  detach() {
    this.photo = null;
    this.find(".file").value = "";
    this.find(".attached").hidden = true;
    this.focus();
  }

  complain(words) {
    this.find(".composer .error").textContent = words;
  }

  async send() {
    const area = this.find("textarea");
    const body = area.value;
    if (!body.trim() && !this.photo) return;
    const button = this.find(".send");
    button.disabled = true;
    try {
      await sendText(this.e164, body, this.photo ? [this.photo] : []);
      area.value = "";
      this.complain("");
      if (this.photo) this.detach();
      this.toEnd();
      this.onSent();
    } catch (error) {
      this.complain(`Not sent: ${error.message} Your words are still here.`);
    } finally {
      button.disabled = false;
      this.focus();
    }
  }
}
