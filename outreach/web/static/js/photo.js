// A photo that goes out with a text: shown before it is sent, made small enough for carriers, and without the
// place and camera that phones write into their pictures. It is drawn anew, here, before anything is uploaded.
// It is kept on the server until it is sent, as what is typed is.
import { post, say } from "./net.js";
import { said } from "./said.js";
import { openId } from "./threads.js";

const LARGEST = 5 * 1024 * 1024;
const LONGEST_SIDE = 1280;
const QUALITY = 0.82;
const SHOWN = 96;

export function startPhoto(changed) {
  document.addEventListener("change", (event) => { if (event.target.id === "photo") void take(event.target.files[0], changed); });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file || event.target.id !== "body" || document.getElementById("composer").dataset.mode === "note") return;
    event.preventDefault();
    void take(file, changed);
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-no-photo]")) return;
    keep({});
    forgetPhoto();
    changed();
    document.getElementById("photo").focus();
  });
  document.addEventListener("change", (event) => { if (event.target.name === "photo_about") keep({ photo_about: event.target.value }); });
}

// One after the other: what was done last is what is kept.
let keeping = Promise.resolve();
let underWay = 0;

function keep(values) {
  const path = `/inbox/${openId()}/draft/photo`;
  const key = document.querySelector('#composer input[name="draft_key"]').value;
  if (values instanceof FormData) values.set("draft_key", key);
  underWay += 1;
  keeping = keeping.then(() => post(path, values)).finally(() => { underWay -= 1; });
}

/** What went out is no draft any more, nor what is still on its way to be kept. */
export function photoSent() {
  if (underWay) keep({});
  forgetPhoto();
}

/** Show a photo chosen earlier, as if it had just been chosen: the one kept, or one that was taken back. */
export async function restorePhoto(changed, back = null) {
  const path = back?.getAttribute("src") ?? document.getElementById("photo-out")?.dataset.kept;
  if (!path || hasPhoto()) return;
  const id = openId();
  const response = await fetch(path).catch(() => null);
  if (!response?.ok) return;
  const blob = await response.blob();
  const picture = await createImageBitmap(blob).catch(() => null);
  if (!picture || openId() !== id || hasPhoto()) return;
  const file = new File([blob], "photo", { type: blob.type });
  put(file, picture, changed);
  if (!back) return;
  document.querySelector('[name="photo_about"]').value = back.dataset.about ?? "";
  keepPhoto(file);
}

const field = () => document.getElementById("photo");
export const hasPhoto = () => Boolean(field()?.files.length);

export function forgetPhoto() {
  if (!field()) return;
  field().value = "";
  document.getElementById("photo-out").hidden = true;
  document.querySelector('[name="photo_about"]').value = "";
}

async function take(file, changed) {
  if (!file) return void forgetPhoto();
  const picture = await createImageBitmap(file).catch(() => null);
  const ready = picture && (file.type === "image/gif" ? file : await drawn(picture));
  if (!ready || ready.size > LARGEST) {
    forgetPhoto();
    changed();
    return say(ready ? said("A photo may have at most 5 MB. Make it smaller.") : said("Only photos can be sent: JPEG, PNG or GIF."), true);
  }
  put(ready, picture, changed);
  keepPhoto(ready);
}

function keepPhoto(file) {
  const values = new FormData();
  values.set("photo", file);
  values.set("photo_about", document.querySelector('[name="photo_about"]').value);
  keep(values);
}

function put(file, picture, changed) {
  const files = new DataTransfer();
  files.items.add(file);
  field().files = files.files;
  preview(picture, file.size);
  changed();
}

async function drawn(picture) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  paint(canvas, picture);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

function paint(canvas, picture) {
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

function preview(picture, size) {
  const canvas = document.getElementById("photo-canvas");
  const scale = (SHOWN * devicePixelRatio) / Math.max(picture.width, picture.height);
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  paint(canvas, picture);
  const words = document.getElementById("photo-size");
  words.textContent = words.dataset.words.replace("{size}", size < 1_000_000 ? `${Math.max(1, Math.round(size / 1000))} kB` : `${(size / 1_000_000).toFixed(1)} MB`);
  document.getElementById("photo-out").hidden = false;
}
