// Talking to the simulator. JSON only: that is what keeps foreign pages out.

async function call(method, path, body) {
  const answer = await fetch(`/_sim/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error ?? `The simulator answered ${answer.status}.`);
  return found;
}

export const getView = (since, open) => {
  const query = new URLSearchParams({ since });
  for (const phone of open) query.append("open", phone);
  return call("GET", `view?${query}`);
};
export const sendText = (phone, body, media) => call("POST", `phones/${phone}/send`, { body, media });
export const namePhone = (phone, label) => call("PUT", `phones/${phone}`, { label });
export const getFaults = () => call("GET", "faults");
export const setFaults = (changes) => call("POST", "faults", changes);
