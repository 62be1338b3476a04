// A thread read to its end stays at its end: when a photo has come, when the composer grows.
const NEAR = 80;
let watcher = null;

export function followEnd() {
  watcher?.disconnect();
  const scroll = document.getElementById("scroll");
  if (!scroll) return;
  const isNear = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
  let atEnd = isNear();
  scroll.addEventListener("scroll", () => { atEnd = isNear(); }, { passive: true });
  watcher = new ResizeObserver(() => { if (atEnd) scroll.scrollTop = scroll.scrollHeight; });
  watcher.observe(scroll);
  watcher.observe(document.getElementById("items"));
}
