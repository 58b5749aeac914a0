"""Reminders given on hard virtual days against those due by the rules on the truth.

Virtual, twenty people, eight hours each (scenario "hard-day"), a thigh's sensor and an
upper lumbar one, through the whole monitor; quiet hours over noon, "do not disturb"
three times a day at any time, a pause, a snooze after every fifth hour. What is due is
worked out second by second from the true postures with other code than the detector's
and the rules'; where nobody could name the posture (perching, a foot up) unknown is
accepted for the truth. A reminder is right when the same one was due within NEAR s.
A true stand of just a minute is a break or none by a tenth of a second, which no
detector sees (day 105: 60.0 s): what is due is worked out for a break of a minute and of
one EDGE s shorter and longer. Missed is what all three want, made up what none wants.
"Shift a little" is only counted, and looked at in breaks and quiet hours.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hiphinge import monitor, simulate, wizard
from hiphinge.alerts import reminders, rules
from hiphinge.blocks import THIGH_RIGHT, UPPER_LUMBAR, Alert, Bout, Control, Event, Input
from tests.benchmarks import judged_days, played
from tests.benchmarks.judged_days import CELL, EDGE, Labels, Span

PLAN = {"small": (1, 1.0, 240.0), "full": (20, 8.0, 1800.0)}
"""Days, hours each, seconds of sitting that are long."""
QUIET, QUIET_SPAN = ("12:00-12:45",), (10800.0, 13500.0)
"""Quiet hours as set, and s of a day that begins at nine."""
NEAR = 20.0
"""s."""
Word = tuple[str, float]
"""How severe, and when, s."""

LIMITS = {
    "right_share": (0.98, None),
    "due": (100, None),
    "in_breaks": (None, 0),
    "in_quiet_times": (None, 0),
    "most_in_an_hour": (None, 4),
    "credit_off_s": (None, 5.0),
    "credit_late_s": (None, 5.0),
}
SMALL_LIMITS = {**LIMITS, "right_share": (0.75, None), "due": (1, None)}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Sums over the days, and every day."""
    days, hours, after = PLAN[size]
    keys = [f"day {seed}" for seed in range(101, 101 + days)]
    parts = played.parts(progress, keys, lambda key: day(int(key.split()[1]), hours, after))
    found = dict(zip(keys, parts, strict=True))
    sums = {name: sum(one[name] for one in found.values()) for name in ("due", "given", "right", "shifts")}
    missed = sum(len(one["missed"]) for one in found.values())
    return {
        "virtual": "virtual",
        "days": days,
        **sums,
        "right_share": sums["right"] / max(sums["right"] + missed, sums["given"], 1),
        "in_breaks": sum(one["in_breaks"] for one in found.values()),
        "in_quiet_times": sum(one["in_quiet_times"] for one in found.values()),
        "most_in_an_hour": max(one["most_in_an_hour"] for one in found.values()),
        **{name: max(one[name] for one in found.values()) for name in ("credit_off_s", "credit_late_s")},
        "each": found,
    }


@dataclass(frozen=True)
class Wishes:
    """What the wearer asked for: spans (s) in which nothing may be said, and (start, end) of snoozes."""

    silent: tuple[Span, ...]
    snoozes: tuple[Span, ...]
    controls: tuple[Control, ...]


def day(seed: int, hours: float, after: float) -> dict[str, Any]:
    """One person's day."""
    worn = simulate.scenario("hard-day", hours=hours, seed=seed, sites=(UPPER_LUMBAR, THIGH_RIGHT))
    wishes = wished(seed, worn.duration)
    batches = [merged(batch, wishes.controls, k * 60.0) for k, batch in enumerate(worn.batches())]
    params = monitor.Params(sensors=worn.sensors, alerts=rules.Params(quiet=QUIET))
    params = replace(params, reminders=reminders.Params(after=after, shift=after / 2))
    spans = wizard.marked(one for batch in batches for one in batch)
    fed = monitor.Monitor(params, wizard.calibrate_recording(params, batches, spans))
    outcomes = [*map(fed.feed, batches), fed.finish()]
    told = [cue for o in outcomes for cue in o.cues if cue.kind in (reminders.SITTING, reminders.SHIFT)]
    credited = [e for o in outcomes for e in o.events if e.kind == "break_taken"]
    return judged(worn, wishes, after, Heard(told, [b for o in outcomes for b in o.bouts], credited))


def wished(seed: int, seconds: float) -> Wishes:
    """Drawn for one day; the wearer wants to be left alone, pauses, snoozes."""
    rng = np.random.default_rng([seed, 13])
    silent, controls = [QUIET_SPAN], []
    for start in rng.uniform(0.1, 0.9, 3) * seconds:
        end = float(start + rng.uniform(300, 2400))
        if any(a < end and start < b for a, b in silent):
            continue
        silent.append((float(start), end))
        controls += [said(start, "do-not-disturb", "on"), said(end, "do-not-disturb", "off")]
    pause = float(rng.uniform(0.2, 0.8) * seconds)
    controls.append(said(pause, "pause", 15))
    silent.append((pause, pause + 900.0))
    snoozes = [(float(t), float(t) + 420.0) for t in np.sort(rng.uniform(0.0, seconds, int(seconds // 18000)))]
    controls += [said(a, "snooze", 7) for a, _ in snoozes]
    return Wishes(tuple(silent), tuple(snoozes), tuple(sorted(controls, key=lambda c: c.arrival_ns)))


def said(t: float, action: str, value: object) -> Control:
    """The wearer's key at ``t`` s."""
    return Control(round(float(t) * 1e9), action, json.dumps(value))


def merged(batch: list[Input], controls: tuple[Control, ...], start: float) -> list[Input]:
    """A minute's inputs with what the wearer asked for in it."""
    own = [c for c in controls if start <= c.arrival_ns / 1e9 < start + 60.0]
    return sorted((*batch, *own), key=lambda one: one.arrival_ns) if own else batch


@dataclass(frozen=True)
class Heard:
    """What the monitor said of a day."""

    told: list[Alert]
    bouts: list[Bout]
    credited: list[Event]


def judged(worn: simulate.Simulation, wishes: Wishes, after: float, heard: Heard) -> dict[str, Any]:
    """What was given against what was due."""
    raw = judged_days.labelled(worn.score.postures, worn.duration)
    seen = judged_days.of_bouts(heard.bouts, worn.duration)
    doubtful = judged_days.masked(worn.score.doubtful, len(raw), 2.0)
    true = np.where(doubtful & (seen == "unknown"), seen, raw)
    shifts = [a.t for a in heard.told if a.kind == reminders.SHIFT]
    given = [(a.severity, a.t) for a in heard.told if a.kind == reminders.SITTING]
    breaks = [judged_days.BREAK + by for by in (0.0, -EDGE, EDGE)]
    due, shorter, longer = (ByTheRules(wishes, after, shifts, least).over(true) for least in breaks)
    clearly = [one for one in due if not unlike([one], shorter) and not unlike([one], longer)]
    made_up = unlike(unlike(unlike(given, due), shorter), longer)
    times = [a.t for a in heard.told]
    return {
        "due": len(due),
        "given": len(given),
        "right": len(given) - len(made_up),
        "shifts": len(shifts),
        "missed": [f"{severity} {t:.0f}" for severity, t in unlike(clearly, given)],
        "made_up": [f"{severity} {t:.0f}" for severity, t in made_up],
        "in_breaks": sum(raw[int(t / CELL)] != "sitting" for t in times),
        "in_quiet_times": sum(any(a <= t < b for a, b in wishes.silent) for t in times),
        "most_in_an_hour": max((sum(t - 3600.0 < other <= t for other in times) for t in times), default=0),
        **credits_of(true, heard.credited),
    }


def unlike(some: list[Word], others: list[Word]) -> list[Word]:
    """Those of ``some`` that have no like of their own among ``others``."""
    left, found = list(others), []
    for severity, t in some:
        same = [one for one in left if one[0] == severity and abs(one[1] - t) <= NEAR]
        if same:
            left.remove(same[0])
        else:
            found.append((severity, t))
    return found


def credits_of(true: Labels, credited: list[Event]) -> dict[str, float]:
    """Breaks after sitting, all of whose minute is known.

    How far off the credited time is, and how late the credit is known, s at most.
    """
    off, late = [], []
    for start, end in judged_days.clear_breaks(true):
        if np.isin(true[int(start / CELL) : int(end / CELL)], ("unknown", "not_worn")).any():
            continue
        near = [e for e in credited if abs(float(str(e.data["at"])) - end) < NEAR]
        off += [abs(float(str(e.data["at"])) - end) for e in near[:1]]
        late += [e.t - end for e in near[:1]]
    return {"breaks": len(off), "credit_off_s": max(off, default=0.0), "credit_late_s": max(late, default=0.0)}


SEEN_S, SETTLED_S = 5.0, 15.0
"""s on the seat that are sitting, and after which something may be said."""
AGAIN_S, FORGET_S = 300.0, 300.0
"""s until the second word; s not known until sitting starts anew."""
PER = round(1.0 / CELL)


class ByTheRules:
    """What is due, second by second, from true postures."""

    def __init__(self, wishes: Wishes, after: float, shifts: list[float], rest: float) -> None:
        self.wishes, self.after, self.rest = wishes, after, rest
        self.spent = list(shifts)
        self.since: float | None = None
        self.told: float | None = None
        self.again = False
        self.on = self.up = self.unknown = 0.0

    def over(self, true: Labels) -> list[Word]:
        """(severity, t s) of a whole day."""
        due = []
        for second in range(len(true) // PER):
            self._live(float(second), str(true[second * PER + PER // 2]))
            severity = self._ask(float(second))
            if severity:
                due.append((severity, float(second)))
                self.spent.append(float(second))
        return due

    def _live(self, t: float, now: str) -> None:
        if now == "sitting":
            self.on += 1.0
            if self.on >= SEEN_S:
                if self.since is None:
                    self.since, self.told, self.again = t - self.on + 1.0, None, False
                self.up = self.unknown = 0.0
            return
        self.up += self.on if self.on < SEEN_S else 0.0
        self.on = 0.0
        self.up += now not in ("unknown", "not_worn")
        self.unknown += now == "unknown"
        if now == "not_worn" or self.unknown >= FORGET_S or self.up >= self.rest:
            self.since = None

    def _ask(self, t: float) -> str:
        if self.since is None or self.on < SETTLED_S or any(a <= t < b for a, b in self.wishes.silent):
            return ""
        if any(a <= t < b for a, b in self.wishes.snoozes):
            self.told = None
            return ""
        if self.again or sum(t - 3600.0 < other <= t for other in self.spent) >= 4:
            return ""
        if self.told is None and t - self.since >= self.after:
            self.told = t
            return reminders.NOTICE
        if self.told is not None and t - self.told >= AGAIN_S:
            self.again = True
            return reminders.WARNING
        return ""
