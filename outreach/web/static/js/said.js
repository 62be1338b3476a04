// What scripts say by themselves, in the language of the page: written here in English, the page holds the rest.
const texts = JSON.parse(document.querySelector('meta[name="texts"]')?.content ?? "{}");

/** The locale in which the page writes times. */
export const locale = document.documentElement.lang === "es" ? "es-US" : "en-US";

/** A text in the language of the page, `{name}` replaced by a value. */
export function said(english, values = {}) {
  return (texts[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
