// Where one is on the page, kept when what one used is drawn anew or goes away: the same control again, else
// the next one that is left near it. Without this a keyboard or a screen reader begins at the top of the page.
const STOPS = "a[href], button, summary, input, select, textarea, [tabindex]";
const NEAR = 40;
let was = null;

export function startFocus() {
  document.addEventListener("focusin", (event) => remember(event.target));
  for (const kind of ["click", "keydown"]) {
    document.addEventListener(kind, () => { if (document.activeElement === was?.element) remember(was.element); }, true);
  }
  document.addEventListener("focusout", (event) => queueMicrotask(() => {
    if (event.target === was?.element && isStop(was.element) && document.activeElement === document.body) was = null; // left of one's own will
  }));
  new MutationObserver(() => { if (was && document.activeElement === document.body) restore(); })
    .observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "hidden"] });
}

const isStop = (element) => element.isConnected && !element.disabled && element.checkVisibility();

function keyOf(element) {
  const { act, escalation, message, fetchDialog, resolve, overrule, classify } = element.dataset;
  const marks = ["id", "href", "hx-post", "hx-get", "name", "value", "popovertarget", "aria-label"].map((name) => element.getAttribute(name) ?? "");
  return [element.tagName, ...marks, act, escalation, message, fetchDialog, resolve, overrule, classify, element.tagName === "BUTTON" ? element.textContent.trim() : ""].join("|");
}

function remember(element) {
  if (!element.matches(STOPS) || element.closest(".notice")) return;
  const homes = [];
  for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) if (one.id) homes.push(one.id);
  const home = document.getElementById(homes.find((id) => ["about", "items", "thread-head", "rows", "main"].includes(id))) ?? element.parentElement;
  const all = [...home.querySelectorAll(STOPS)].filter((one) => one === element || isStop(one));
  const at = all.indexOf(element);
  was = {
    element,
    homes,
    key: keyOf(element),
    menu: element.closest("details.menu")?.querySelector("summary"),
    next: all.slice(at + 1, at + 1 + NEAR).map(keyOf),
    before: all.slice(Math.max(0, at - NEAR), at).reverse().map(keyOf),
  };
  if (was.menu) was.menu = keyOf(was.menu);
}

function restore() {
  const { element, homes, key, menu, next, before } = was;
  if (isStop(element)) return element.focus({ preventScroll: true });
  if (element.isConnected && element.disabled) return; // it will come back
  const open = document.querySelector("dialog[open]");
  for (const [place, id] of homes.entries()) {
    const home = document.getElementById(id);
    if (!home?.checkVisibility() || (open && !open.contains(home))) continue;
    const left = new Map([...home.querySelectorAll(STOPS)].filter(isStop).map((one) => [keyOf(one), one]));
    const found = [key, menu, ...next, ...before].find((one) => left.has(one));
    const near = found !== undefined ? left.get(found) : place === 0 ? [...left.values()].find((one) => one.matches("a, button, summary")) : null;
    if (!near && place > 0 && place < homes.length - 1) continue;
    const to = near ?? home;
    if (to === home && !home.hasAttribute("tabindex")) home.tabIndex = -1;
    return to.focus({ preventScroll: true });
  }
}
