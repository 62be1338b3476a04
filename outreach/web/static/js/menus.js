// Menus close when one looks elsewhere; popovers open under the button that called them.
export function startMenus() {
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
    const button = document.querySelector(`[popovertarget="${popover.id}"]`);
    if (button) requestAnimationFrame(() => place(popover, button.getBoundingClientRect()));
  }, true);
  document.addEventListener("toggle", (event) => {
    if (event.newState === "open" && event.target.matches?.("[popover]")) event.target.querySelector("button, input")?.focus();
  }, true);
}

// Set by the CSSOM, which a strict content security policy allows, unlike style attributes in markup.
function place(popover, box) {
  const width = popover.offsetWidth;
  popover.style.top = `${Math.min(box.bottom + 6, innerHeight - popover.offsetHeight - 8)}px`;
  popover.style.left = `${Math.max(8, Math.min(box.right - width, innerWidth - width - 8))}px`;
}
