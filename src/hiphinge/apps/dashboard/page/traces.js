// Lines over time on a canvas, in the page's colours; a gap stays a gap.
const LEAST = -20, MOST = 120, LEFT = 44, BOTTOM = 24;

export function surface(canvas) {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, box.width, box.height);
  pen.font = "13px system-ui, sans-serif";
  return { pen, w: box.width, h: box.height };
}

let colours = null;
export function colour(name) {
  colours ??= getComputedStyle(document.documentElement);
  return colours.getPropertyValue(`--${name}`).trim();
}

// The frame: degrees at the left, times below as `tick` writes them. Gives (t, deg) -> x, y.
export function frame({ pen, w, h }, from, to, tick, every) {
  const x = (t) => LEFT + ((t - from) / (to - from)) * (w - LEFT - 8);
  const y = (deg) => 8 + ((MOST - deg) / (MOST - LEAST)) * (h - BOTTOM - 8);
  pen.strokeStyle = colour("line"); pen.fillStyle = colour("soft"); pen.lineWidth = 1;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (let deg = 0; deg <= MOST; deg += 30) {
    pen.beginPath(); pen.moveTo(LEFT, y(deg)); pen.lineTo(w - 8, y(deg)); pen.stroke();
    pen.fillText(`${deg}°`, LEFT - 6, y(deg));
  }
  pen.textAlign = "center"; pen.textBaseline = "alphabetic";
  for (let t = Math.ceil(from / every) * every; t <= to; t += every) pen.fillText(tick(t), Math.min(Math.max(x(t), LEFT), w - 30), h - 6);
  return { x, y };
}

export function limit({ pen, w }, { y }, deg) {
  if (deg === null || deg === undefined) return;
  pen.strokeStyle = colour("ink"); pen.lineWidth = 2; pen.setLineDash([7, 6]);
  pen.beginPath(); pen.moveTo(LEFT, y(deg)); pen.lineTo(w - 8, y(deg)); pen.stroke(); pen.setLineDash([]);
}

// `points`: [t, value or null] in order; more than `gap` s apart is a gap.
export function line({ pen }, { x, y }, points, name, width, gap = 0.5) {
  pen.strokeStyle = colour(name); pen.lineWidth = width; pen.lineJoin = "round"; pen.beginPath();
  let last = null;
  for (const [t, value] of points) {
    if (value === null) { last = null; continue; }
    if (last === null || t - last > gap) pen.moveTo(x(t), y(value)); else pen.lineTo(x(t), y(value));
    last = t;
  }
  pen.stroke();
}

// The band between least and greatest at each of `t`.
export function band({ pen }, { x, y }, t, [low, high], name) {
  pen.strokeStyle = colour(name); pen.lineWidth = 1.6; pen.beginPath();
  let down = false;
  for (let i = 0; i < t.length; i++) {
    if (low[i] === null) { down = false; continue; }
    if (down) pen.lineTo(x(t[i]), y(low[i])); else pen.moveTo(x(t[i]), y(low[i]));
    pen.lineTo(x(t[i]), y(high[i])); down = true;
  }
  pen.stroke();
}

export function span({ pen, h }, { x }, from, to, name, words = "") {
  pen.globalAlpha = 0.16; pen.fillStyle = colour(name);
  pen.fillRect(x(from), 8, Math.max(1, x(to) - x(from)), h - BOTTOM - 8);
  pen.globalAlpha = 1; pen.fillStyle = colour("ink"); pen.textAlign = "left";
  if (words) pen.fillText(words, x(from) + 4, 22);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = null; });
