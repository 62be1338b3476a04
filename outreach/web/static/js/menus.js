// Menus close when one looks elsewhere; popovers open under the button that called them.
export function startMenus() {
  showWhatCounts();
  addEventListener("resize", showWhatCounts);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open).showModal();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("beforetoggle", (event) => {
    const popover = event.target;
    if (event.newState !== "open" || !popover.matches?.("[popover]")) return;
    requestAnimationFrame(() => placeAt(popover));
  }, true);
  document.addEventListener("toggle", (event) => {
    if (event.newState === "open" && event.target.matches?.("[popover]")) event.target.querySelector("button, input:not([type=hidden])")?.focus();
  }, true);
  // A tablet turned, a window made smaller: what is open stays beside its button.
  addEventListener("resize", () => { for (const popover of document.querySelectorAll(":popover-open")) placeAt(popover); });
}

/** Where a phone has room for a part only: of the row of pages the one that is open, of a chart the newest days. */
function showWhatCounts() {
  const nav = document.querySelector(".nav");
  const here = nav?.querySelector("[aria-current]");
  if (here) nav.scrollLeft = here.offsetLeft + here.offsetWidth + 32 - nav.clientWidth - nav.offsetLeft;
  for (const chart of document.querySelectorAll(".by-day")) chart.parentElement.scrollLeft = chart.parentElement.scrollWidth;
}

/** Put a popover beside its button; again when what is in it has grown. */
export function placeAt(popover) {
  const button = [...document.querySelectorAll(`[popovertarget="${popover.id}"]`)].find((one) => one.checkVisibility());
  if (button) place(popover, button.getBoundingClientRect());
}

// Set by the CSSOM, which a strict content security policy allows, unlike style attributes in markup.
function place(popover, box) {
  const width = popover.offsetWidth;
  const below = innerHeight - box.bottom - 14;
  const above = box.top - popover.offsetHeight - 6;
  popover.style.top = `${Math.max(8, popover.offsetHeight <= below ? box.bottom + 6 : above)}px`;
  popover.style.left = `${Math.max(8, Math.min(box.right - width, innerWidth - width - 8))}px`;
}
