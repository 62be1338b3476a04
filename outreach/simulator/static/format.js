// Times and numbers as people say them.

const clock = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-US", { weekday: "short", month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat("en-US", { dateStyle: "full", timeStyle: "medium" });

export const timeOf = (iso) => clock.format(new Date(iso));
export const dayOf = (iso) => day.format(new Date(iso));
export const fullOf = (iso) => full.format(new Date(iso));
export const dayAndTime = (date) => `${day.format(date)}, ${clock.format(date)}`;

export function phoneNumber(e164) {
  const match = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  return match ? `(${match[1]}) ${match[2]}-${match[3]}` : e164;
}

export function toE164(typed) {
  const digits = typed.replace(/\D/g, "");
  if (typed.trim().startsWith("+")) return `+${digits}`;
  return digits.length === 10 ? `+1${digits}` : `+${digits}`;
}

const STATES = {
  accepted: "Waiting to send",
  queued: "Waiting to send",
  scheduled: "Scheduled",
  sending: "On its way",
  sent: "On its way",
  canceled: "Canceled",
};

// What a person would say of a text's state, and whether it is good or bad news.
export function stateOf(row) {
  if (row.error) return { words: `Not delivered: ${row.error}`, mood: "bad" };
  if (row.kind === "held") return { words: STATES[row.state] ?? row.state, mood: "" };
  if (row.kind === "auto") return { words: "Answered by the network", mood: "" };
  if (!row.inward) return { words: "Sent", mood: "" };
  if (row.state === "sent") return { words: "Arrived, clinic not told", mood: "" };
  return { words: "Delivered ✓", mood: "good" };
}
