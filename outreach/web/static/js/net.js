// Posting to ourselves: with the CSRF token, and errors told in the corner of the page.
import { said } from "./said.js";

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** Post a form's values; returns the parsed answer, or null after telling what went wrong. */
export async function post(path, values, { keepalive = false } = {}) {
  const body = wire(values);
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      body,
      keepalive,
      headers: { "X-CSRFToken": token(), "HX-Request": "true", Accept: "text/html, application/json" },
    });
  } catch {
    say(said("The server can't be reached. Nothing was sent; what you wrote is still here."), true);
    return null;
  }
  if (response.status === 401) {
    location.assign(`/login?ended=1&next=${encodeURIComponent(location.pathname)}`);
    return null;
  }
  if (response.status === 204) return {};
  const text = await response.text();
  if (!response.ok) {
    say(textOf(text) || said("That did not work. Nothing was changed."), true);
    return null;
  }
  return response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : { html: text };
}

// A form goes as it is only if a file is in it.
function wire(values) {
  if (!(values instanceof FormData)) return new URLSearchParams(values ?? {});
  const all = [...values];
  if (all.some(([, value]) => value instanceof File && value.size)) return values;
  return new URLSearchParams(all.filter(([, value]) => typeof value === "string"));
}

function textOf(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

/** Say something in the corner for some seconds, longer if it can be undone; screen readers hear it, too. */
export function say(words, isTrouble = false, undo = null) {
  if (!words) return;
  const notice = document.createElement("div");
  notice.className = `notice ${isTrouble ? "danger" : "ok"}`;
  notice.textContent = words;
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link";
    button.textContent = undo.words;
    button.addEventListener("click", () => { notice.remove(); undo.act(); });
    notice.append(button);
  }
  document.getElementById("notices").append(notice);
  const end = () => (notice.matches(":hover, :focus-within") ? setTimeout(end, 2000) : notice.remove());
  setTimeout(end, undo ? 12000 : isTrouble ? 9000 : 4000);
}
