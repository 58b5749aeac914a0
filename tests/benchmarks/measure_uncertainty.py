"""Whether the standard deviations mean something: how often the truth lies within two of them.

Forty simulated wearings, half a workout with a run at its end, half every kind of
movement mixed with running, each with lost packets and three gaps of 0.3 to 3 s; and
the twelve of the data "virtual". Instants, of all wearings together:

- standing: upright within 8°, thigh within 20°, slower than 8°/s half a second around;
- bent: true trunk inclination over 45°;
- after_gap: 2 s after any silence over 0.05 s of a sensor that the angle needs;
- after_long_gap: 4 s after silences over 0.5 s, of which the first 2 s may be NaN (simulated only);
- jogging.

The correlation is that of sd with the absolute error over all instants.
"""

from __future__ import annotations

import tempfile
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge import simulate
from hiphinge.blocks import SACRUM, THIGH_RIGHT, UPPER_LUMBAR, Bools, Floats
from tests.benchmarks import played
from tests.real_recordings import folder

WORN = {"lumbar_flexion": (UPPER_LUMBAR, SACRUM), "hip_flexion": (SACRUM, THIGH_RIGHT)}
GROUPS = ("simulated", "twelve", "together")
REGIMES = ("standing", "bent", "after_gap", "jogging")
LIMITS = {
    "wearings.simulated": (40, None),
    "wearings.twelve": (12, None),
    **{f"lumbar_flexion.{group}.{regime}.coverage": (0.88, 0.99) for group in GROUPS for regime in REGIMES},
    "lumbar_flexion.simulated.after_long_gap.coverage": (0.88, 0.99),
    **{f"lumbar_flexion.{group}.all.mean_sd_deg": (None, 1.2) for group in GROUPS},
    **{f"lumbar_flexion.{group}.all.correlation": (0.3, None) for group in GROUPS},
}
SMALL_LIMITS = {
    **{f"lumbar_flexion.together.{regime}.coverage": (0.80, 1.0) for regime in REGIMES},
    "lumbar_flexion.together.all.mean_sd_deg": (None, 1.4),
}
"""Three wearings are three draws of calibration errors: wider than the LIMITS."""

SEEDS = {"small": 2, "full": 40}
SMALL_TWELVE = ("bk2",)
UPRIGHT, LEVEL, SLOW, AROUND = 8.0, 20.0, 8.0, 0.5
"""°, °, °/s and s: what is standing."""
BENT = 45.0
AFTER, LONG, AFTER_LONG = 2.0, 0.5, 4.0
"""s."""
RATE_HZ = 50.0
"""Of the instants that are judged; the twelve's truth has no more."""

Tally = dict[str, float]
Spans = list[tuple[float, float]]
SUMS = ("n", "inside", "sd", "sd2", "error", "error2", "signed", "both")


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Figures by angle, group and regime; each wearing's own coverage for diagnosis."""
    twelve = [w.name for w in played.wearings() if size == "full" or w.name in SMALL_TWELVE]
    members = {"simulated": [f"seed {seed}" for seed in range(SEEDS[size])], "twelve": twelve}
    keys = members["simulated"] + twelve
    found = dict(zip(keys, played.parts(progress, keys, one), strict=True))
    members["together"] = keys
    return {
        "wearings": {group: len(members[group]) for group in GROUPS},
        **{angle: {group: over([found[k][angle] for k in members[group]]) for group in GROUPS} for angle in WORN},
        "each": {k: {angle: brief(found[k][angle]) for angle in WORN} for k in keys},
    }


def one(key: str) -> dict[str, dict[str, Tally]]:
    """Angle -> regime -> sums, of one wearing."""
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        if key.startswith("seed"):
            wearing, running = simulated(int(key.split()[1]))
            recording = played.recorded(wearing, here / "wearing.mcap")
            truth = {name: x[::2] for name, x in played.simulated_truth(wearing).items()}
            begin = 1.0 + max(mark.end for mark in wearing.markers)
        else:
            recording = played.imported(folder("virtual") / key / "session", here / "wearing.mcap")
            truth, marks = played.virtual_truth(folder("virtual") / key)
            running = [(m["start"], m["end"]) for m in marks if "jog" in m["label"]]
            begin = played.calibrated(marks)
        tables = played.analyzed(recording, here / "analysis")
        silent = {angle: played.silences(recording, worn) for angle, worn in WORN.items()}
    scored = (truth["t_s"] > begin) & (truth["t_s"] < truth["t_s"][-1] - 1.0)
    return {a: tallies(tables, truth, scored, angle=a, silent=silent[a], running=running) for a in WORN}


@dataclass
class Timed:
    """A movement that notes when it was played."""

    movement: simulate.Movement
    spans: Spans = field(default_factory=list)

    def play(self, score: Any) -> None:
        """As the movement does."""
        start = score.now
        self.movement.play(score)
        self.spans.append((start, score.now))


def simulated(seed: int) -> tuple[simulate.Simulation, Spans]:
    """Somebody's session with gaps, and the spans of running in it."""
    rng = np.random.default_rng([seed, 77])
    movements = simulate.SCENARIOS["mixed" if seed % 2 else "workout"](np.random.default_rng([seed, 10]), None)
    if seed % 2 == 0:
        movements = [*movements, simulate.jog(15.0), simulate.Stand(4.0)]
    runs = [Timed(m) for m in movements if isinstance(m, simulate.Walk) and m.stride_hz == simulate.jog().stride_hz]
    timed = {id(run.movement): run for run in runs}
    whole = simulate.wear([timed.get(id(m), m) for m in movements], seed=seed)
    begin = max(mark.end for mark in whole.markers) + 5.0
    gaps = tuple(
        simulate.Gap(str(rng.choice(whole.wearing.sites)), float(rng.uniform(begin, whole.duration - 8.0)), length)
        for length in (0.3, float(rng.uniform(0.6, 1.5)), float(rng.uniform(1.5, 3.0)))
    )
    wearing = simulate.Wearing(faults=(simulate.Loss(), *gaps))
    return simulate.Simulation(whole.score, wearing, seed), [span for run in runs for span in run.spans]


def tallies(
    tables: played.Tables, truth: dict[str, Floats], scored: Bools, *, angle: str, silent: Spans, running: Spans
) -> dict[str, Tally]:
    """Regime -> sums of one angle in one wearing."""
    t = truth["t_s"]
    error = played.at(tables, f"{angle}_deg", t) - truth[f"{angle}_deg"]
    sd = played.at(tables, f"{angle}_sd_deg", t)
    if angle == "hip_flexion":
        scored = scored & played.plausible_hip(truth)
    after = [(end, end + AFTER) for _, end in silent]
    after_long = [(end, end + AFTER_LONG) for start, end in silent if end - start > LONG]
    regimes = {
        "all": np.ones(len(t), bool),
        "standing": standing(truth),
        "bent": truth["trunk_inclination_deg"] > BENT,
        "after_gap": played.within(t, after),
        "after_long_gap": played.within(t, after_long),
        "jogging": played.within(t, running),
    }
    known = scored & np.isfinite(error) & np.isfinite(sd)
    return {name: tally(error[known & inside], sd[known & inside]) for name, inside in regimes.items()}


def standing(truth: dict[str, Floats]) -> Bools:
    """Upright and calm (n,)."""
    trunk = truth["trunk_inclination_deg"]
    calm = np.abs(np.gradient(trunk)) * RATE_HZ < SLOW
    reach = round(AROUND * RATE_HZ)
    around = np.convolve(~calm, np.ones(2 * reach + 1), mode="same") < 0.5
    return around & (np.abs(trunk) < UPRIGHT) & (np.abs(truth["thigh_elevation_deg"]) < LEVEL)


def tally(error: Floats, sd: Floats) -> Tally:
    """Sums over (n,), degrees, that can be added up over wearings."""
    size = np.abs(error)
    values = (len(error), (size <= 2 * sd).sum(), sd.sum(), (sd**2).sum(), size.sum(), (error**2).sum(), error.sum())
    return {name: float(x) for name, x in zip(SUMS, (*values, (size * sd).sum()), strict=True)}


def over(parts: list[dict[str, Tally]]) -> dict[str, dict[str, float]]:
    """Regime -> figures of several wearings together."""
    return {name: figures({k: sum(part[name][k] for part in parts) for k in SUMS}) for name in parts[0]}


def figures(s: Tally) -> dict[str, float]:
    """What the sums say; NaN where there is nothing."""
    n = s["n"]
    if not n:
        return dict.fromkeys(("seconds", "coverage", "mean_sd_deg", "rmse_deg", "correlation"), float("nan"))
    spread = (s["sd2"] - s["sd"] ** 2 / n) * (s["error2"] - s["error"] ** 2 / n)
    return {
        "seconds": n / RATE_HZ,
        "coverage": s["inside"] / n,
        "mean_sd_deg": s["sd"] / n,
        "rmse_deg": float(np.sqrt(s["error2"] / n)),
        "correlation": float((s["both"] - s["sd"] * s["error"] / n) / np.sqrt(spread)) if spread > 0 else float("nan"),
    }


def brief(part: dict[str, Tally]) -> dict[str, list[float]]:
    """Regime -> [coverage, rmse, mean error, mean sd] of one wearing."""
    found = {}
    for name, s in part.items():
        if s["n"]:
            f = figures(s)
            values = (f["coverage"], f["rmse_deg"], s["signed"] / s["n"], f["mean_sd_deg"])
            found[name] = [round(v, 3) for v in values]
    return found
