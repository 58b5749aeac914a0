// The guided calibration: what the guide says, five times a second.
import { $, get, onKey, post, shown, text, words } from "/ask.js";

const KEYS = { n: "next", r: "redo", s: "skip", b: "back", h: "hurts" };
let running = false, begun = false;

async function follow() {
  try { show(await get("/api/guide")); } catch (e) { text($("words"), words(e)); }
  setTimeout(follow, document.hidden ? 1000 : 200);
}

function show({ doing, words, told }) {
  running = doing === "calibrating";
  shown($("idle"), doing === "idle"); shown($("guide"), running && told !== null);
  text($("words"), running ? "" : doing === "live" ? "A session is running: stop it on the page Live first." : told || begun ? words : "");
  text($("title"), running ? `Step ${told.number} of ${told.count}: ${told.title}` : told?.done ? "Calibrated" : "Calibrate");
  text($("begin"), told ? "Again" : "Begin");
  if (!running) return;
  for (const id of ["say", "large", "hint"]) text($(id), told[id]);
  $("progress").value = told.progress ?? 0;
  shown($("placing"), told.step === "place"); shown($("large"), told.step !== "place");
  if ($("spots").childElementCount !== told.spots.length) $("spots").replaceChildren(...told.spots.map(spot));
  text($("problem"), told.problem); shown($("problem"), told.problem !== "");
  text($("verdict"), told.verdict ? `${told.verdict.passed ? "✓" : "▲"} ${told.verdict.words}` : "");
  $("verdict").className = told.verdict && !told.verdict.passed ? "mark" : "ok";
}

function spot({ number, name, how }) {
  const item = document.createElement("li");
  item.value = number;
  item.textContent = `${name}: ${how}`;
  return item;
}

async function press(key) { try { await post("/api/step", { key }); } catch (e) { text($("words"), words(e)); } }

$("begin").addEventListener("click", async () => { begun = true; try { await post("/api/calibrate"); } catch (e) { text($("words"), words(e)); } });
for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
onKey((key) => running && KEYS[key] && (press(KEYS[key]), true));
follow();
