// A person from the side, facing right: thigh, pelvis and low back as measured; the rest is drawn faintly.
const SVG = "http://www.w3.org/2000/svg", RAD = Math.PI / 180;
const SHANK = 74, THIGH = 76, PELVIS = 30, LUMBAR = 52, THORAX = 58, ARM = 74, STEPS = 8;
const ANKLE = [165, 306];
const SHANK_SHARE = 0.3; // of the thigh's elevation: no sensor on the shank, a guess that keeps the feet in place

function make(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

const along = ([x, y], angle, length) => [x + length * Math.sin(angle * RAD), y - length * Math.cos(angle * RAD)];
const place = (line, [x1, y1], [x2, y2]) => {
  line.setAttribute("x1", x1.toFixed(1)); line.setAttribute("y1", y1.toFixed(1));
  line.setAttribute("x2", x2.toFixed(1)); line.setAttribute("y2", y2.toFixed(1));
};

export class Figure {
  constructor(svg) {
    const line = (kind, width) => make(svg, "line", { class: kind, "stroke-width": width });
    make(svg, "line", { class: "ground", x1: 40, y1: 318, x2: 320, y2: 318 });
    this.farThigh = line("thigh far", 26); 
    this.shank = line("guess", 20); this.foot = line("guess", 14); this.thorax = line("guess", 44); this.arm = line("arm", 12);
    this.head = make(svg, "circle", { class: "head", r: 21 }); this.thigh = line("thigh", 28);
    this.pelvis = line("pelvis", 36); this.spine = make(svg, "polyline", { class: "spine", "stroke-width": 20 });
    this.dots = [0, 1, 2].map(() => make(svg, "circle", { class: "sensor", r: 5.5 }));
  }

  // Degrees; null where it is not known. `over`: the low back is beyond its limit.
  pose({ trunk, pelvis, thigh, other, over }) {
    const [t, p, e] = [trunk ?? pelvis ?? 0, pelvis ?? 0, thigh ?? 0];
    const knee = along(ANKLE, SHANK_SHARE * Math.max(e, 0), SHANK);
    const hip = along(knee, -e, THIGH), top = along(hip, p, PELVIS);
    const points = [top];
    for (let i = 0; i < STEPS; i++) points.push(along(points[i], p + ((t - p) * (i + 0.5)) / STEPS, LUMBAR / STEPS));
    const waist = points[STEPS], shoulder = along(waist, t, THORAX);
    place(this.shank, ANKLE, knee); place(this.foot, ANKLE, [ANKLE[0] + 30, ANKLE[1] + 3]); place(this.thigh, hip, knee);
    place(this.farThigh, hip, along(hip, 180 - (other ?? e), THIGH)); this.farThigh.style.display = other === null || other === undefined ? "none" : "";
    place(this.pelvis, hip, top); place(this.thorax, along(waist, t, 14), along(waist, t, THORAX - 16)); place(this.arm, shoulder, [shoulder[0] + 4, shoulder[1] + ARM]);
    this.spine.setAttribute("points", points.map((q) => q.map((x) => x.toFixed(1)).join(",")).join(" "));
    const head = along(shoulder, t * 0.75, 26);
    this.head.setAttribute("cx", head[0].toFixed(1)); this.head.setAttribute("cy", head[1].toFixed(1));
    const behind = (q, angle, away) => along(q, angle - 90, away);
    const spots = [behind(waist, t, 15), behind(along(hip, p, PELVIS * 0.7), p, 19), along(along(hip, 180 - e, THIGH / 2), 90 - e, 15)];
    [trunk, pelvis, thigh].forEach((x, i) => {
      this.dots[i].setAttribute("cx", spots[i][0].toFixed(1)); this.dots[i].setAttribute("cy", spots[i][1].toFixed(1));
      this.dots[i].style.display = x === null || x === undefined ? "none" : "";
    });
    const unknown = (element, x) => element.classList.toggle("unknown", x === null || x === undefined);
    unknown(this.thigh, thigh); unknown(this.pelvis, pelvis); unknown(this.spine, trunk === null ? null : pelvis);
    this.spine.classList.toggle("over", Boolean(over));
  }
}
