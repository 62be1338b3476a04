// Waits and countdowns tick by the product's time: the page's own clock, set by the server.
import { locale, said } from "./said.js";

const MINUTE = 60_000;
let offset = 0;
let speed = 1;
let base = performance.now();

export function startClocks() {
  const stated = document.querySelector('meta[name="product-now"]')?.content;
  if (!stated) return;
  set(stated);
  setInterval(tick, 10_000);
}

/** Set the clock anew; two readings tell how fast the product's time runs. */
export function set(iso) {
  const now = performance.now();
  const told = Date.parse(iso);
  if (offset && now - base > 5_000) {
    const measured = (told - offset) / (now - base);
    speed = measured > 0.5 && Math.abs(measured - 1) < 0.2 ? 1 : Math.max(0, measured);
  }
  offset = told;
  base = now;
  tick();
}

export function productNow() {
  return offset + (performance.now() - base) * speed;
}

export function tick(root = document) {
  const now = productNow();
  for (const element of root.querySelectorAll("[data-ticks]")) draw(element, now);
}

function draw(element, now) {
  const kind = element.dataset.ticks;
  if (kind === "clock") write(element, timeIn(element.dataset.zone, now));
  else if (kind === "left") write(element, left(Date.parse(element.dataset.until), now));
  else write(element.querySelector("[data-words]") ?? element, ago(Date.parse(element.getAttribute("datetime")), now));
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function timeIn(zone, now) {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, hour: "numeric", minute: "2-digit" }).format(now);
  return locale === "en-US" ? parts.replace(/\u202f/g, " ").toLowerCase() : parts.replace(/\u202f/g, "\u00a0");
}

function span(length) {
  const minutes = Math.max(0, Math.floor(length / MINUTE));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : said("{count} days", { count: Math.floor(hours / 24) });
}

const ago = (at, now) => (now - at < MINUTE ? said("now") : span(now - at));
const left = (until, now) => (until > now ? said("{span} left", { span: span(until - now) }) : said("{span} over", { span: span(now - until) }));
