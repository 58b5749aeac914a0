// The guided calibration and its check: what the guide says, five times a second.
import { $, get, onKey, post, shown, text, words } from "/ask.js";

const KEYS = { n: "next", r: "redo", s: "skip", b: "back", h: "hurts" };
const LEAD = "Take your place", RESULT = { true: ["✓ ", "verdict ok"], false: ["▲ ", "verdict mark"], null: ["? ", "verdict"] };
let running = false, begun = false, now = "", failed = "";

async function follow() {
  try { show(await get("/api/guide")); } catch (e) { text($("words"), words(e)); }
  setTimeout(follow, document.hidden ? 1000 : 200);
}

function show({ doing, words, told, held }) {
  if (doing !== now) { now = doing; failed = ""; }
  const checking = doing === "checking" && held !== null;
  running = doing === "calibrating" && told !== null;
  shown($("idle"), doing === "idle"); shown($("guide"), running || checking); shown($("steps"), running);
  const [sign, kind] = !running && held?.done ? RESULT[held.holds] : ["", told?.done ? "lead" : ""];
  text($("words"), failed || (running || checking ? "" : doing === "live" ? "A session is running: stop it on the page Live first." : told || held || begun ? sign + words : ""));
  $("words").className = running || checking ? "" : kind;
  text($("title"), running ? `Step ${told.number} of ${told.count}: ${told.title}` : checking ? "Does it still hold?" : told?.done ? "✓ Calibrated" : "Calibrate");
  text($("begin"), told ? "Again" : "Begin");
  if (checking) stand(held);
  if (running) step(told);
}

function step(told) {
  for (const id of ["say", "large", "hint"]) text($(id), told[id]);
  $("progress").value = told.progress ?? 0;
  shown($("placing"), told.step === "place"); shown($("large"), told.step !== "place");
  if ($("spots").childElementCount !== told.spots.length) $("spots").replaceChildren(...told.spots.map(spot));
  text($("problem"), told.problem); shown($("problem"), told.problem !== "");
  text($("verdict"), told.verdict ? `${told.verdict.passed ? "✓" : "▲"} ${told.verdict.words}` : "");
  $("verdict").className = told.verdict && !told.verdict.passed ? "mark" : "ok";
}

// The check: the same place on the page, no steps.
function stand({ words, hint, remaining, progress }) {
  text($("say"), words); text($("hint"), hint || LEAD); text($("large"), remaining === null ? "" : String(Math.ceil(remaining)));
  $("progress").value = progress ?? 0;
  shown($("placing"), false); shown($("large"), true); shown($("problem"), false); text($("verdict"), "");
}

function spot({ number, name, how }) {
  const item = document.createElement("li");
  item.value = number;
  item.textContent = `${name}: ${how}`;
  return item;
}

// What is refused is told until something else runs.
async function ask(path, body) { try { await post(path, body); failed = ""; } catch (e) { failed = words(e); text($("words"), failed); } }

async function press(key) { await ask("/api/step", { key }); }

for (const [id, path] of [["begin", "/api/calibrate"], ["check", "/api/check"]]) {
  $(id).addEventListener("click", async () => { begun = true; ask(path); });
}
for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
onKey((key) => running && KEYS[key] && (press(KEYS[key]), true));
follow();
