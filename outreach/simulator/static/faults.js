// The panel of fault switches.

import { getFaults, setFaults } from "./api.js";

const CHANCES = [0, 0.1, 0.3, 0.5, 1];
const GROUPS = [
  ["Sending", [
    ["rate_429", "Refused: too many requests (429)"],
    ["error_500_before", "Error 500, text not accepted"],
    ["error_500_after_accept", "Error 500, text accepted anyway"],
    ["reset_connection", "Connection drops, not accepted"],
    ["reset_after_accept", "Connection drops, accepted anyway"],
    ["accept_after_client_gave_up", "Accepted after the app gave up"],
    ["latency_ms", "Delay of each answer", "ms"],
    ["list_lag_seconds", "Lists lag behind by", "s"],
  ]],
  ["Telling the clinic", [
    ["callbacks_lost", "Delivery news lost"],
    ["callbacks_doubled", "Delivery news twice"],
    ["callbacks_reordered", "Delivery news out of order"],
    ["callback_delay", "Delivery news late by", "s"],
    ["inbound_webhook_lost", "Patients' texts not handed over"],
  ]],
  ["Phone network", [
    ["delivery_delay", "Delivery takes longer by", "s"],
    ["receipts_lost", "No receipt from the carrier"],
    ["carrier:30003", "Phone unreachable (30003)"],
    ["carrier:30005", "Number unknown (30005)"],
    ["carrier:30006", "Landline (30006)"],
    ["carrier:30007", "Filtered as spam (30007)"],
    ["carrier:30008", "Unknown error (30008)"],
    ["stop_filter_off", "STOP is not acted on by the network"],
  ]],
];

const form = document.getElementById("fault-form");
const problem = document.getElementById("fault-error");
const count = document.getElementById("faults-count");

function chanceField(id) {
  const select = document.createElement("select");
  select.id = id;
  for (const chance of CHANCES) select.add(new Option(chance ? `${chance * 100}%` : "Off", chance));
  return select;
}

function amountField(id, unit) {
  const input = document.createElement("input");
  Object.assign(input, { id, type: "number", min: 0, step: unit === "ms" ? 50 : 0.5, placeholder: unit });
  return input;
}

function read(faults, name) {
  return name.startsWith("carrier:") ? faults.carrier_errors[name.slice(8)] ?? 0 : faults[name];
}

function show(faults) {
  let on = 0;
  for (const field of form.elements) {
    if (!field.dataset.name) continue;
    const value = read(faults, field.dataset.name);
    if (field.tagName === "SELECT" && ![...field.options].some((option) => Number(option.value) === value)) {
      field.add(new Option(`${Math.round(value * 100)}%`, value));
    }
    if (document.activeElement !== field) field.value = field.tagName === "SELECT" ? value : value || "";
    const set = Boolean(value);
    field.classList.toggle("set", set);
    on += set;
  }
  count.hidden = on === 0;
  count.textContent = on;
  count.setAttribute("aria-label", `${on} on`);
}

async function apply(changes) {
  try {
    show(await setFaults(changes));
    problem.textContent = "";
  } catch (error) {
    problem.textContent = `Not changed: ${error.message}`;
  }
}

async function changed(field) {
  const name = field.dataset.name;
  if (name.startsWith("carrier:")) {
    const { carrier_errors } = await getFaults();
    await apply({ carrier_errors: { ...carrier_errors, [name.slice(8)]: Number(field.value) } });
  } else if (name === "list_lag_seconds") {
    await apply({ [name]: field.value === "" ? null : Number(field.value) });
  } else {
    await apply({ [name]: Number(field.value || 0) });
  }
}

export function connectFaults() {
  for (const [title, faults] of GROUPS) {
    const group = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    group.append(legend);
    for (const [name, words, unit] of faults) {
      const row = document.createElement("div");
      row.className = "fault";
      const id = `fault-${name.replace(":", "-")}`;
      const label = document.createElement("label");
      label.htmlFor = id;
      label.textContent = unit ? `${words} (${unit})` : words;
      const field = unit ? amountField(id, unit) : chanceField(id);
      field.dataset.name = name;
      field.addEventListener("change", () => changed(field));
      row.append(label, field);
      group.append(row);
    }
    form.append(group);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("faults-off").addEventListener("click", () => apply({ reset: true }));
}

export async function refreshFaults() {
  show(await getFaults());
}
