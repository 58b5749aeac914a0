// A recording: pan, zoom, play. The server sends what fits the pixels, and the poses of the next seconds.
import { $, clock, degrees, get, onKey, percent, row, shown, text, was, words } from "/ask.js";
import { Figure } from "/figure.js";
import { band, frame, limit, span, surface } from "/traces.js";

const name = encodeURIComponent($("name").dataset.name), STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400];
const figure = new Figure($("figure"));
let about, from, to, at, whole, seen = null, playing = false, before = 0, poses = [], asking = false, posing = false, asked = "";

async function open() {
  try {
    const found = await get(`/api/opened?name=${name}`);
    if (!found.ready) {
      shown($("opening"), true);
      if (found.progress !== null) $("opening").value = found.progress;
      text($("words"), "Reading the recording …");
      setTimeout(open, 300);
      return;
    }
    shown($("opening"), false);
    await begin(found.about);
  } catch (e) { shown($("opening"), false); text($("words"), words(e)); }
}

async function begin(found) {
  about = found;
  if (!about.instants) { text($("words"), "Nothing is in this recording."); return; }
  at = Math.min(about.reps.length ? about.reps[0].start_s - 2 : about.start_s + 3, about.end_s);
  look(at - 15, 60);
  text($("words"), `${about.wearer ? about.wearer + " · " : ""}${clock(about.end_s - about.start_s)} · ${count(about.reps, "repetition")} · ${count(about.alerts, "alert")} · ${about.verdict}`);
  $("seek").min = about.start_s; $("seek").max = about.end_s;
  shown($("player"), true);
  lists();
  whole = await get(`/api/span?name=${name}&from=${about.start_s}&to=${about.end_s + 1}&pixels=${pixels($("overview"))}`);
  requestAnimationFrame(draw);
}

const count = (list, word) => `${list.length} ${word}${list.length === 1 ? "" : "s"}`;
const pixels = (canvas) => Math.max(100, Math.round(canvas.getBoundingClientRect().width));

// One request at a time; the newest wish wins.
async function fetchSpan() {
  const wish = `from=${from.toFixed(2)}&to=${to.toFixed(2)}&pixels=${pixels($("detail"))}`;
  if (asking || wish === asked) return;
  asking = true;
  try { seen = await get(`/api/span?name=${name}&${wish}`); asked = wish; } catch (e) { text($("words"), words(e)); }
  asking = false;
}

async function fetchPoses() {
  const ahead = Math.max(5, 5 * speed()), last = poses.at(-1)?.[0];
  const have = poses.length && poses[0][0] <= at && last >= Math.min(at + ahead, about.end_s - 0.2);
  if (posing || have) return;
  posing = true;
  try { poses = await get(`/api/poses?name=${name}&from=${at - 0.2}&to=${at + 4 * ahead}`); } catch (e) { text($("words"), words(e)); }
  posing = false;
}

const speed = () => Number($("speed").value);
const wall = (t) => about.start_utc ? new Date(Date.parse(about.start_utc) + ((about.utc_offset_s ?? 0) + t - about.start_s) * 1000).toISOString().slice(11, 19) : clock(t - about.start_s);

function draw(ms) {
  if (playing) {
    at = Math.min(at + (Math.min(ms - before, 250) / 1000) * speed(), about.end_s);
    if (at > from + 0.85 * (to - from)) look(at - 0.3 * (to - from), to - from);
    if (at >= about.end_s) pause();
  }
  before = ms;
  fetchSpan(); fetchPoses(); detail(); overview(); now();
  requestAnimationFrame(draw);
}

function now() {
  let i = poses.length - 1;
  while (i > 0 && poses[i][0] > at) i--;
  const [a, b] = [poses[i], poses[i + 1] ?? poses[i]];
  if (a) {
    const share = b[0] > a[0] ? Math.min(Math.max((at - a[0]) / (b[0] - a[0]), 0), 1) : 0;
    const p = a.map((x, k) => (x === null || b[k] === null ? x : x + (b[k] - x) * share));
    figure.pose({ trunk: p[3], pelvis: p[4], thigh: p[5], other: p[6], over: about.limit !== null && p[1] !== null && p[1] >= about.limit });
    text($("back-now"), `${about.back_label} ${degrees(p[1])}`); text($("hip-now"), `${about.hip_label} ${degrees(p[2])}`);
  }
  text($("clock"), wall(at));
  if (document.activeElement !== $("seek") || playing) $("seek").value = at;
  $("seek").setAttribute("aria-valuetext", wall(at));
}

function detail() {
  const paper = surface($("detail")), every = STEPS.find((s) => (to - from) / s <= Math.max(2, paper.w / 110)) ?? 28800;
  const scale = frame(paper, from, to, wall, every), inside = (r) => r.end_s > from && r.start_s < to;
  if (to - from < 600) for (const r of about.reps.filter(inside)) span(paper, scale, Math.max(r.start_s, from), Math.min(r.end_s, to), r.rounded ? "alert" : "hip", String(r.rep));
  limit(paper, scale, about.limit);
  if (seen) { band(paper, scale, seen.t, seen.hip, "hip"); band(paper, scale, seen.t, seen.back, "back"); }
  paper.pen.fillStyle = getComputedStyle(document.body).color;
  if (at >= from && at <= to) paper.pen.fillRect(scale.x(at) - 1, 4, 2, paper.h - 24);
}

function overview() {
  const paper = surface($("overview")), { pen, w, h } = paper;
  const x = (t) => ((t - about.start_s) / (about.end_s - about.start_s)) * w, y = (deg) => h - 4 - ((deg + 20) / 150) * (h - 8);
  band(paper, { x, y }, whole.t, whole.hip, "hip"); band(paper, { x, y }, whole.t, whole.back, "back");
  pen.strokeStyle = getComputedStyle(document.body).color; pen.lineWidth = 2;
  pen.strokeRect(Math.max(1, x(from)), 1, Math.max(4, x(to) - x(from) - 2), h - 2);
}

function lists() {
  const jump = (t) => {
    const button = document.createElement("button");
    button.textContent = wall(t);
    button.addEventListener("click", () => seek(t - 1));
    return button;
  };
  $("reps").replaceChildren(...about.reps.map((r) => row([[String(r.rep), "n"], [jump(r.start_s)], [r.kind, "minor"], [degrees(r.peak_lumbar_flexion_deg), "n"], [percent(r.peak_lumbar_flexion_pct), "n minor"], [degrees(r.peak_hip_flexion_deg), "n"], was(r.rounded)])));
  $("alerts").replaceChildren(...(about.alerts.length ? about.alerts.map((a) => row([[jump(a.t_s)], [a.message]])) : [row([["None."]])]));
}

function look(start, length) {
  const long = Math.min(Math.max(length, 2), about.end_s - about.start_s);
  from = Math.min(Math.max(start, about.start_s), about.end_s - long); to = from + long;
}
function seek(t) {
  at = Math.min(Math.max(t, about.start_s), about.end_s);
  if (at < from || at > to) look(at - 0.3 * (to - from), to - from);
}
const zoom = (factor, around = at) => look(around - (around - from) * factor, (to - from) * factor);
function pause() { playing = false; text($("play").firstChild, "Play"); }
function play() { playing = !playing; if (playing && at >= about.end_s) seek(about.start_s); text($("play").firstChild, playing ? "Pause" : "Play"); }

$("play").addEventListener("click", play);
$("closer").addEventListener("click", () => zoom(0.5));
$("wider").addEventListener("click", () => zoom(2));
$("whole").addEventListener("click", () => look(about.start_s, about.end_s - about.start_s));
$("seek").addEventListener("input", () => seek(Number($("seek").value)));
$("overview").addEventListener("pointerdown", (e) => { const box = e.target.getBoundingClientRect(); const t = about.start_s + ((e.clientX - box.left) / box.width) * (about.end_s - about.start_s); look(t - (to - from) / 2, to - from); seek(t); });
$("detail").addEventListener("wheel", (e) => { e.preventDefault(); zoom(e.deltaY > 0 ? 1.2 : 1 / 1.2, time(e)); }, { passive: false });
const time = (e) => { const box = $("detail").getBoundingClientRect(); return from + (Math.max(e.clientX - box.left - 44, 0) / (box.width - 52)) * (to - from); };
let held = null;
$("detail").addEventListener("pointerdown", (e) => { held = { x: e.clientX, from, moved: false }; e.target.setPointerCapture(e.pointerId); });
$("detail").addEventListener("pointermove", (e) => {
  if (!held) return;
  const box = e.target.getBoundingClientRect();
  if (Math.abs(e.clientX - held.x) > 3) held.moved = true;
  if (held.moved) look(held.from - ((e.clientX - held.x) / (box.width - 52)) * (to - from), to - from);
});
$("detail").addEventListener("pointerup", (e) => { if (held && !held.moved) seek(time(e)); held = null; });
const KEYS = { " ": play, "+": () => zoom(0.5), "-": () => zoom(2), 0: () => look(about.start_s, about.end_s - about.start_s), arrowleft: () => seek(at - (to - from) / 20), arrowright: () => seek(at + (to - from) / 20) };
onKey((key) => about && KEYS[key] && (KEYS[key](), true));
open();
