// The live page asks ten times a second for what is new, and moves smoothly in between.
import { $, clock, degrees, get, onKey, percent, post, row, shown, text, was, words } from "/ask.js";
import { Figure } from "/figure.js";
import { frame, limit, line, span, surface } from "/traces.js";

const ASK_MS = 100, HIDDEN_MS = 1000, TRACE_S = 20, BEHIND_S = 0.2;
// Who presses a button twice, or as it takes on another meaning, wants what stood there before.
const SETTLE_MS = 1000;
const LEAST_FULL = { back: 0, hip: 120 }, FULL = { back: 60, hip: 120 };
const INSTEAD = {
  idle: "Put the sensors on, then start. What is heard is recorded.",
  calibrating: "A calibration is running: it is on the page Calibrate.",
  checking: "A check of the calibration is running: it is on the page Calibrate.",
};
const figure = new Figure($("figure"));
let state = {}, points = [], file = null, at = 0, before = 0, meant = -SETTLE_MS;

async function follow() {
  try {
    const last = points.length ? points[points.length - 1][0] : "";
    show(await get(last === "" ? "/api/live" : `/api/live?after=${last}`));
    shown($("trouble"), (state.trouble ?? []).length > 0);
    text($("trouble"), (state.trouble ?? []).join(" "));
  } catch (e) {
    text($("trouble"), words(e)); shown($("trouble"), true);
  }
  setTimeout(follow, document.hidden ? HIDDEN_MS : ASK_MS);
}

function show(found) {
  if (state.doing && found.doing !== state.doing) meant = performance.now();
  state = found;
  const live = state.doing === "live";
  text($("run"), { idle: "Start session", opening: "Opening …", live: "Stop session", calibrating: "Calibrating …", checking: "Checking …" }[state.doing]);
  $("run").disabled = !/idle|live/.test(state.doing);
  shown($("keys"), live);
  text($("words"), state.words || (INSTEAD[state.doing] ?? ""));
  shown($("again"), state.doing === "idle" && state.file !== undefined);
  if (state.file === undefined) return;
  $("again").href = `/replay?name=${encodeURIComponent(state.file)}`;
  if (state.file !== file || (state.t ?? 0) < (points.at(-1)?.[0] ?? 0) - 60) { file = state.file; points = []; }
  points.push(...state.points);
  while (points.length && points[0][0] < points.at(-1)[0] - TRACE_S - 2) points.shift();
  text($("clock"), `${live ? "● " : ""}${clock(state.seconds ?? 0)}`);
  text($("set").firstChild, state.in_set ? "End set" : "Start set");
  text($("pause").firstChild, paused() ? `Paused ${clock(state.silent_s)}` : "Pause 5 min");
  text($("mute").firstChild, state.silent_s ? "Sound on" : "Mute");
  text($("reps"), String(state.reps)); $("reps").classList.remove("none");
  $("reps").style.setProperty("--digits", Math.max(2, String(state.reps).length));
  text($("reps-note"), `${state.in_set ? "in this set" : "in a row"} · ${state.total} in all`);
  text($("which"), !live || state.phase === "standing" ? "Last repetition" : "This repetition");
  text($("notes"), state.notes.join(" "));
  measures(); cues(); lists();
  document.documentElement.dataset.seq = state.seq;
}

function measures() {
  const now = points.at(-1) ?? [null, null, null];
  bar($("back"), state.back, now[1], state.back.limit, state.calibrated ? "" : "Not calibrated: no angle can be told. Go to Calibrate.");
  bar($("hip"), state.hip, now[2], null, "");
  text($("back-key"), state.back.label.toLowerCase()); text($("hip-key"), state.hip.label.toLowerCase());
  text($("limit-key"), state.back.limit === null ? "limit: own range not measured" : `your limit ${degrees(state.back.limit)}`);
}

function bar(box, what, now, most, instead) {
  const full = what.range ? Math.max(what.range * 1.1, LEAST_FULL[box.id]) : FULL[box.id];
  const width = (deg) => `${Math.min(Math.max((deg ?? 0) / full, 0), 1) * 100}%`;
  const [fill, peak, mark] = box.querySelector(".bar").children;
  text(box.querySelector("h3"), what.label); text(box.querySelector("b"), degrees(what.peak ?? null));
  box.querySelector("b").classList.toggle("none", (what.peak ?? null) === null);
  fill.style.width = width(now); peak.style.left = width(what.peak); shown(peak, what.peak !== null);
  mark.style.left = width(most); shown(mark, most !== null); text(mark.firstChild, `limit ${degrees(most)}`);
  box.classList.toggle("over", Boolean(what.over));
  const share = (what.share ?? null) !== null ? `${what.over ? "▲ beyond your limit: " : ""}${percent(what.share)} of your ${degrees(what.range)}` : what.range ? `your bends: ${degrees(what.range)}` : "";
  text(box.querySelector("p"), instead || `${share}${share ? " · " : ""}now ${degrees(now)}`);
}

function cues() {
  const box = $("cue"), [last, ...older] = state.cues;
  const warns = last && !/^(good|set_note)$/.test(last.kind);
  box.classList.toggle("warns", Boolean(warns)); box.classList.toggle("good", last?.kind === "good");
  text(box.querySelector(".last"), last ? `${warns ? "▲ " : ""}${last.message}` : "None yet");
  const list = box.querySelector("ul"), lines = older.slice(0, 2).map((one) => `${clock(one.ago)} ago: ${one.message}`);
  if (list.childElementCount !== lines.length) list.replaceChildren(...lines.map(() => document.createElement("li")));
  lines.forEach((words, i) => text(list.children[i], words));
}

function lists() {
  const rows = state.set.map((r) => [[String(r.n), "n"], [r.kind, "minor"], [degrees(r.back), "n"], [percent(r.share), "n"], [degrees(r.hip), "n"], was(r.rounded)]);
  fresh($("rows"), rows.reverse());
  if (state.doing !== "live") {
    text($("streaming"), "– the session has ended"); $("streaming").className = "soft";
    return fresh($("health"), []);
  }
  const good = state.sensors.filter((s) => s.state === "streaming").length;
  text($("streaming"), `${good}/${state.sensors.length}${good < state.sensors.length ? " – " + state.sensors.filter((s) => s.state !== "streaming").map((s) => `${s.site.replace("_", " ")} ${s.state}`).join(", ") : " streaming"}`);
  $("streaming").className = good < state.sensors.length ? "mark" : "ok";
  fresh($("health"), state.sensors.map((s) => [[s.site.replace("_", " ")], s.state === "streaming" ? ["● streaming", "ok keep"] : [`▲ ${s.state} ${s.why}`, "mark"],
    [percent(s.battery_pct), "n"], [`${s.loss_pct.toFixed(1)} %`, "n"], [`${Math.round(s.rate_hz)} Hz`, "n minor"], [s.sync_error_ms === null ? "–" : `${s.sync_error_ms.toFixed(1)} ms`, "n minor"]]));
}

function fresh(body, rows) {
  const key = JSON.stringify(rows);
  if (body.dataset.key === key) return;
  body.dataset.key = key;
  body.replaceChildren(...rows.map(row));
}

// --- Between two answers: the figure and the traces a fifth of a second behind, so that there is always a next point.
function draw(ms) {
  const speed = state.doing === "live" ? state.speed ?? 1 : 0, latest = points.at(-1)?.[0];
  if (latest !== undefined) {
    const goal = latest - BEHIND_S * Math.max(speed, 1);
    at += ((ms - before) / 1000) * speed;
    if (Math.abs(at - goal) > 0.5 * Math.max(speed, 1) || !speed) at = goal; else at += (goal - at) * 0.05;
    const p = between(at);
    figure.pose({ trunk: p[3], pelvis: p[4], thigh: p[5], other: p[6], over: state.back.limit !== null && p[1] !== null && p[1] >= state.back.limit });
    traces(at);
  } else {
    figure.pose({ trunk: 0, pelvis: 0, thigh: 0, other: null });
    frame(surface($("traces")), -TRACE_S, 0, (t) => `${t} s`.replace("-", "−"), 5);
  }
  before = ms;
  requestAnimationFrame(draw);
}

function between(t) {
  let i = points.length - 1;
  while (i > 0 && points[i][0] > t) i--;
  const [a, b] = [points[i], points[Math.min(i + 1, points.length - 1)]], share = b[0] > a[0] ? Math.min(Math.max((t - a[0]) / (b[0] - a[0]), 0), 1) : 0;
  return a.map((x, k) => (x === null || b[k] === null ? x : x + (b[k] - x) * share));
}

function traces(now) {
  const paper = surface($("traces")), scale = frame(paper, -TRACE_S, 0, (t) => `${t} s`.replace("-", "−"), 5);
  const seen = points.filter((p) => p[0] >= now - TRACE_S && p[0] <= now);
  for (const r of state.set) if (r.end > now - TRACE_S && r.start < now) span(paper, scale, Math.max(r.start - now, -TRACE_S), Math.min(r.end - now, 0), r.rounded ? "alert" : "hip", String(r.n));
  limit(paper, scale, state.back.limit);
  line(paper, scale, seen.map((p) => [p[0] - now, p[2]]), "hip", 2);
  line(paper, scale, seen.map((p) => [p[0] - now, p[1]]), "back", 3.5);
}

// A longer silence is a mute, which a pause makes shorter.
const paused = () => state.silent_s > 0 && state.silent_s <= 300;
const SAID = { mark: "Marked.", zero: "Stand upright and still for 3 s: a new zero is taken.", wrong: "Noted: the last cue was wrong." };

async function press(key) {
  const real = key === "set" && state.in_set ? "set_stop" : (key === "mute" && state.silent_s) || (key === "pause" && paused()) ? "unmute" : key;
  try {
    await post("/api/press", { key: real });
    if (SAID[real]) text($("said"), real === "wrong" && !state.cues.length ? "Noted, though there was no cue yet." : SAID[real]);
  } catch (e) { text($("said"), words(e)); }
}

$("run").addEventListener("click", async () => {
  if (performance.now() - meant < SETTLE_MS) return;
  meant = performance.now();
  text($("said"), "");
  try { await post(state.doing === "live" ? "/api/end" : "/api/begin"); } catch (e) { text($("said"), words(e)); }
});
for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
const KEYS = { s: "set", m: "mark", p: "pause", u: "mute", w: "wrong", z: "zero" };
onKey((key) => state.doing === "live" && KEYS[key] && (press(KEYS[key]), true));
follow();
requestAnimationFrame(draw);
