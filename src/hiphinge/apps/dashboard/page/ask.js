// What every page needs: ask the server, write text (never markup), listen to keys.
export const $ = (id) => document.getElementById(id);

export async function get(path) { return answer(await fetch(path)); }

export async function post(path, body = {}) {
  return answer(await fetch(path, { method: "POST", body: JSON.stringify(body) }));
}

async function answer(reply) {
  if (reply.status === 403) throw new Error("This browser is no longer let in: the dashboard was started anew. Open the address that it printed.");
  const found = await reply.json();
  if (!reply.ok) throw new Error(found.error);
  return found;
}

export const LOST = "The dashboard does not answer: it was stopped, or the network is gone. A session that runs goes on without this page.";
export const words = (e) => (e instanceof TypeError ? LOST : e.message);

// Only where it differs: screen readers and the layout are left in peace.
export function text(element, value) { if (element.textContent !== value) element.textContent = value; }
export function shown(element, on) { if (element.hidden === on) element.hidden = !on; }
export const degrees = (x) => (x === null || x === undefined ? "–" : `${String(Math.round(x)).replace("-", "−")}°`);
export const percent = (x) => (x === null || x === undefined ? "–" : `${Math.round(x)} %`);

export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds)), two = (n) => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

export function row(cells) {
  const made = document.createElement("tr");
  for (const [value, kind] of cells) {
    const cell = document.createElement("td");
    if (kind) cell.className = kind;
    cell.append(value);
    made.append(cell);
  }
  return made;
}

export const was = (rounded) => (rounded === null ? ["not observable", "soft"] : rounded ? ["▲ rounded", "mark keep"] : ["● good", "ok"]);

export function onKey(press) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.target.tagName === "BUTTON" && /^( |Enter)$/.test(event.key)) return;
    if (press(event.key.toLowerCase())) event.preventDefault();
  });
}
