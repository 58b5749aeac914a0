// The history: the server's numbers as bars, dots and hours of the day; a day opens where it is clicked.
import { $, clock, get, post, shown, text, words } from "/ask.js";
import { colour, surface } from "/traces.js";

const LEFT = 46, NAMES = 96, RIGHT = 8, TOP = 22, BOTTOM = 24, ROW = 24;
const plots = [...document.querySelectorAll("canvas[data-plot]")].map((canvas) => ({ canvas, plot: JSON.parse(canvas.dataset.plot), at: -1 }));

function draw(one) {
  const { canvas, plot } = one;
  if (plot.kind === "hours") canvas.style.height = `${TOP + ROW * plot.names.length + BOTTOM}px`;
  const paper = surface(canvas);
  (plot.kind === "hours" ? hours : bars)(one, paper);
}

// A step of 1, 2 or 5 times a power of ten, so that at most `most` lines stand above one another.
function step(range, most) {
  const ten = 10 ** Math.floor(Math.log10(range / most));
  return [1, 2, 5, 10].map((n) => n * ten).find((s) => range / s <= most);
}

const sum = (plot, n) => plot.series.reduce((all, one) => all + (one.values[n] ?? 0), 0);
const known = (plot, n) => plot.series.some((one) => one.values[n] !== null);

function bars(one, { pen, w, h }) {
  const { plot, at } = one, count = plot.names.length, wide = (w - LEFT - RIGHT) / count, all = plot.names.map((_, n) => sum(plot, n)).filter((_, n) => known(plot, n));
  const most = Math.max(...all, plot.goal, 1e-9) * 1.08, least = plot.kind === "dots" ? Math.max(Math.min(...all, most) - 0.25 * most, 0) : 0;
  const x = (n) => LEFT + wide * (n + 0.5), y = (v) => TOP + ((most - v) / (most - least)) * (h - TOP - BOTTOM);
  pen.lineWidth = 1; pen.textAlign = "right"; pen.textBaseline = "middle";
  const every = step(most - least, 5);
  for (let v = Math.ceil(least / every) * every; v <= most; v += every) {
    pen.strokeStyle = colour("line"); pen.beginPath(); pen.moveTo(LEFT, y(v)); pen.lineTo(w - RIGHT, y(v)); pen.stroke();
    pen.fillStyle = colour("soft"); pen.fillText(String(Number(v.toFixed(6))), LEFT - 6, y(v));
  }
  if (at >= 0) { pen.fillStyle = colour("faint"); pen.fillRect(x(at) - wide / 2, TOP, wide, h - TOP - BOTTOM); }
  if (plot.kind === "dots") dots(pen, plot.series[0], x, y); else for (let n = 0; n < count; n++) stack(pen, plot, n, x(n), y, Math.max(Math.min(wide * 0.76, 64), 2));
  if (plot.goal) {
    pen.strokeStyle = colour("ink"); pen.lineWidth = 2; pen.setLineDash([7, 6]);
    pen.beginPath(); pen.moveTo(LEFT, y(plot.goal)); pen.lineTo(w - RIGHT, y(plot.goal)); pen.stroke(); pen.setLineDash([]);
  }
  names(pen, plot, x, wide, w, h);
  told(pen, one, w);
}

function stack(pen, plot, n, x, y, wide) {
  let below = 0;
  for (const one of plot.series) {
    const value = one.values[n] ?? 0;
    pen.fillStyle = colour(one.colour);
    if (value > 0) pen.fillRect(x - wide / 2, y(below + value), wide, Math.max(y(below) - y(below + value) - (below > 0 ? 1 : 0), 1));
    below += value;
  }
}

function dots(pen, { values, colour: name }, x, y) {
  pen.strokeStyle = pen.fillStyle = colour(name); pen.lineWidth = 2; pen.beginPath();
  values.forEach((v, n) => v !== null && pen.lineTo(x(n), y(v)));
  pen.stroke();
  values.forEach((v, n) => { if (v !== null) { pen.beginPath(); pen.arc(x(n), y(v), 5, 0, 7); pen.fill(); } });
}

// So many names below as there is room for, the last one always.
function names(pen, plot, x, wide, w, h) {
  const short = plot.names.map((name) => name.replace(/^\w+ /, "")), room = Math.ceil((pen.measureText("28 Nov").width * (short.some((name) => /\d{4}/.test(name)) ? 1.9 : 1.25)) / wide);
  pen.fillStyle = colour("soft"); pen.textAlign = "center"; pen.textBaseline = "alphabetic";
  for (let n = plot.names.length - 1; n >= 0; n -= Math.max(room, 1)) {
    const half = pen.measureText(short[n]).width / 2;
    pen.fillText(short[n], Math.min(Math.max(x(n), LEFT), w - half - 2), h - 6);
  }
}

const figure = (plot, value) => (value === null ? "–" : plot.unit === "h" ? clock(value * 3600).replace(/:\d\d$/, "") + " h" : value.toFixed(plot.digits));

// What is pointed at, else the latest: above the drawing, at the right.
function told(pen, { plot, at }, w) {
  const n = at >= 0 ? at : Math.max(plot.names.findLastIndex((_, i) => known(plot, i)), 0), parts = plot.series.length > 1 && at >= 0 && w > 480 ? plot.series.map((one) => `${one.name} ${figure(plot, one.values[n])}`).join(" · ") : "";
  const all = known(plot, n) ? figure(plot, sum(plot, n)) : "–", unit = plot.unit === "h" ? "" : ` ${plot.unit}`;
  pen.fillStyle = colour(at >= 0 ? "ink" : "soft"); pen.textAlign = "right"; pen.textBaseline = "alphabetic";
  pen.fillText(`${plot.names[n]}: ${all}${unit}${parts ? ` (${parts})` : ""}`, w - RIGHT, 13);
}

function hours(one, { pen, w, h }) {
  const { plot, at } = one, [from, to] = plot.ends, x = (hour) => NAMES + ((hour - from) / (to - from)) * (w - NAMES - RIGHT);
  const every = [1, 2, 3, 6].find((s) => (to - from) / s <= (w - NAMES) / 34) ?? 6;
  pen.textAlign = "center"; pen.textBaseline = "alphabetic"; pen.lineWidth = 1;
  for (let hour = Math.ceil(from / every) * every; hour <= to; hour += every) {
    pen.strokeStyle = colour("line"); pen.beginPath(); pen.moveTo(x(hour), TOP - 4); pen.lineTo(x(hour), h - BOTTOM); pen.stroke();
    pen.fillStyle = colour("soft"); pen.fillText(`${hour}`, Math.min(x(hour), w - 10), h - 6);
  }
  plot.names.forEach((name, i) => {
    const n = plot.names.length - 1 - i, top = TOP + ROW * i; // the newest above
    if (n === at) { pen.fillStyle = colour("faint"); pen.fillRect(0, top, w, ROW); }
    pen.fillStyle = colour("ink"); pen.textAlign = "left"; pen.textBaseline = "middle"; pen.fillText(plot.names[n], 2, top + ROW / 2);
    for (const [start, end, posture] of plot.spans[n]) {
      pen.fillStyle = colour(posture);
      pen.fillRect(x(start), top + 4, Math.max(x(end) - x(start), 0.6), ROW - 8);
    }
  });
  if (one.words) { pen.fillStyle = colour("ink"); pen.textAlign = "right"; pen.textBaseline = "alphabetic"; pen.fillText(one.words, w - RIGHT, 13); }
}

// Which name is under the pointer; -1: none.
function under(one, event) {
  const { canvas, plot } = one, box = canvas.getBoundingClientRect(), [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const count = plot.names.length;
  if (plot.kind !== "hours") { const n = Math.floor(((x - LEFT) / (box.width - LEFT - RIGHT)) * count); return n >= 0 && n < count ? n : -1; }
  const n = count - 1 - Math.floor((y - TOP) / ROW);
  if (n < 0 || n >= count) { one.words = ""; return -1; }
  const [from, to] = plot.ends, hour = from + ((x - NAMES) / (box.width - NAMES - RIGHT)) * (to - from), span = plot.spans[n].find(([start, end]) => start <= hour && hour < end);
  const at = (t) => clock(t * 3600).replace(/:\d\d$/, "");
  one.words = span ? `${plot.names[n]}: ${span[2].replace("_", " ")} from ${at(span[0])} to ${at(span[1])}` : "";
  return n;
}

for (const one of plots) {
  one.canvas.addEventListener("pointermove", (event) => { one.at = under(one, event); one.canvas.style.cursor = one.at >= 0 && one.plot.names.length > 1 ? "pointer" : ""; draw(one); });
  one.canvas.addEventListener("pointerleave", () => { one.at = -1; one.words = ""; draw(one); });
  one.canvas.addEventListener("click", (event) => { const n = under(one, event); if (n >= 0 && one.plot.names.length > 1) location.href = one.plot.links[n]; });
  new ResizeObserver(() => draw(one)).observe(one.canvas);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plots.forEach(draw));

let taken = false;
$("catch-up")?.addEventListener("click", async () => {
  if (taken) return location.reload();
  $("catch-up").disabled = true;
  text($("waiting"), "Analysing: a few seconds for each hour that was recorded …");
  try {
    const { notes } = await post("/api/catch-up");
    if (!notes.length) return location.reload();
    taken = true;
    text($("waiting"), notes.join(" ")); text($("catch-up"), "Show"); $("catch-up").disabled = false;
  } catch (e) { text($("waiting"), words(e)); $("catch-up").disabled = false; }
});

// --- A day is deleted once it was said what goes.
const line = (words) => Object.assign(document.createElement("p"), { textContent: words });
let mark = "", gone = false;

$("delete")?.addEventListener("click", async () => {
  const { day, wearer } = $("delete").dataset;
  try {
    const found = await get(`/api/deletion?${new URLSearchParams({ day, wearer })}`);
    mark = found.mark;
    $("going").replaceChildren(...found.words.map(line));
  } catch (e) { mark = ""; $("going").replaceChildren(line(words(e))); }
  shown($("go"), mark !== "");
  $("sure").showModal();
});
$("keep")?.addEventListener("click", () => { if (gone) location.href = "/history"; else $("sure").close(); });
$("go")?.addEventListener("click", async () => {
  const { day, wearer } = $("delete").dataset;
  try {
    $("going").replaceChildren(line((await post("/api/delete", { day, wearer, mark })).words));
    gone = true;
    text($("keep"), "To the history");
  } catch (e) { $("going").replaceChildren(line(words(e))); }
  shown($("go"), false);
});
$("sure")?.addEventListener("close", () => { if (gone) location.href = "/history"; });
