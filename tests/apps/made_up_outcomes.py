"""Outcomes that no sensor measured: a workout and a day, for tests of what is told about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hiphinge import monitor, recording, session
from hiphinge.blocks import (
    MISSING,
    Alert,
    AngleBlock,
    Bout,
    Calibration,
    Control,
    Floats,
    Mounting,
    Outcome,
    Packet,
    Repetition,
    Sensor,
    Tick,
)
from hiphinge.devices import hiphinge_imu
from hiphinge.session import course

NAN = float("nan")
OWN_RANGE = np.deg2rad(55)
LIMIT = 0.8 * OWN_RANGE
FULL = ("upper_lumbar", "sacrum", "thigh_right")
RATE = 100


@dataclass(frozen=True)
class MadeUp:
    """What a monitor could have said of a wearer, and the recording that it would be of."""

    outcomes: list[Outcome]
    sites: tuple[str, ...]
    names: tuple[str, str] = ("Ada", "squats.mcap")
    utc_ns: int | None = 1_762_761_600_000_000_000  # 2025-11-10 08:00
    calibrated: bool = True


def hump(t: Floats, start: float, bottom: float, end: float) -> Floats:
    """0 to 1 and back (n,), smooth, at times ``t`` (n,)."""
    down = np.clip((t - start) / (bottom - start), 0, 1)
    up = np.clip((end - t) / (end - bottom), 0, 1)
    return np.sin(0.5 * np.pi * np.minimum(down, up)) ** 2


def repetition(number: int, start: float, lumbar: float, hip: float, kind: str) -> Repetition:
    """One of 3.5 s with these peaks, rad."""
    rounded = bool(lumbar >= LIMIT)
    return Repetition(
        rep=number,
        set=1 + (number - 1) // 6,
        start=start,
        bottom=start + 1.8,
        end=start + 3.5,
        kind=kind,
        peak_lumbar_flexion=lumbar,
        peak_lumbar_share=lumbar / OWN_RANGE,
        peak_hip_flexion=hip,
        lumbar_hip_ratio=lumbar / hip,
        peak_lumbar_velocity=0.7,
        depth=np.deg2rad(95 if kind == "squat" else 15),
        butt_wink=np.deg2rad(14) if kind == "squat" else NAN,
        pelvis_lag=0.12,
        lowering=1.8,
        lifting=1.7,
        duration=3.5,
        rounded=rounded,
        rounded_from=start + 1.4 if rounded else NAN,
        confidence=0.97,
    )


def lifts(starts: Floats, rng: np.random.Generator) -> list[Repetition]:
    """Three kinds in turn, a third of them rounded; ``starts`` (n,) s."""
    peaks = {"hinge": (24, 75), "squat": (30, 95), "stoop": (50, 52)}
    made = []
    for i, start in enumerate(starts):
        kind = ("hinge", "squat", "stoop")[i // 6 % 3]
        lumbar, hip = np.deg2rad(np.array(peaks[kind]) + rng.normal(0, 3, 2))
        made.append(repetition(i + 1, float(start), float(lumbar), float(hip), kind))
    return made


def wearing(seconds: float, reps: list[Repetition], bouts: list[Bout], rng: np.random.Generator) -> dict[str, Floats]:
    """All angles (n,) rad of a wearer who does these, with a gap of 2 s at a third."""
    t = np.arange(round(seconds * RATE)) / RATE
    sway = np.cumsum(rng.normal(0, 0.002, len(t))) * np.exp(-3)
    lumbar, hip = 0.03 + 0.02 * np.sin(t / 7) + sway, 0.05 + 0.02 * np.sin(t / 5)
    thigh = np.zeros(len(t))
    for b in bouts:
        seated = slice(*np.searchsorted(t, (b.start, b.end)))
        if b.posture == "sitting":
            lumbar[seated] += np.deg2rad(28) + 0.06 * np.sin(t[seated] / 90)
            thigh[seated] += np.deg2rad(84)
            hip[seated] += np.deg2rad(62)
    for r in reps:
        near = slice(*np.searchsorted(t, (r.start, r.end)))
        shape = hump(t[near], r.start, r.bottom, r.end)
        lumbar[near] += shape * (r.peak_lumbar_flexion - 0.05)
        hip[near] += shape * (r.peak_hip_flexion - 0.07)
        thigh[near] += shape * r.depth
    lumbar[len(t) // 3 : len(t) // 3 + 2 * RATE] = np.nan
    pelvis = hip - thigh
    return {
        "t": t,
        "lumbar_flexion": lumbar,
        "lumbar_side_bend": 0.02 * np.sin(t / 3),
        "lumbar_rotation": 0.03 * np.sin(t / 4),
        "hip_flexion": hip,
        "hip_abduction": 0.1 + 0 * t,
        "hip_rotation": 0 * t,
        "trunk_inclination": pelvis + lumbar,
        "pelvis_tilt": pelvis,
        "thigh_elevation": thigh,
        "lumbar_flexion_sd": np.deg2rad(0.9) + 0.012 * np.abs(lumbar),
        "hip_flexion_sd": np.deg2rad(1.1) + 0 * t,
    }


def in_pieces(columns: dict[str, Floats], size: int = 1000) -> Iterator[AngleBlock]:
    """Columns as blocks of ``size`` instants."""
    for at in range(0, len(columns["t"]), size):
        part = {name: x[at : at + size] for name, x in columns.items()}
        t = part.pop("t")
        yield AngleBlock(t, part, np.where(np.isnan(next(iter(part.values()))), MISSING, 0).astype(np.uint8))


def alerts_of(reps: list[Repetition], bouts: list[Bout]) -> list[Alert]:
    """One for each rounded back and for each hour of sitting."""
    said = "Your low back was rounded to {:.0f}°, your limit is {:.0f}°. Hinge at the hips."
    found = [
        Alert(
            t=r.rounded_from,
            kind="rounded_back",
            severity="cue",
            message=said.format(np.rad2deg(r.peak_lumbar_flexion), np.rad2deg(LIMIT)),
            value=r.peak_lumbar_share,
            threshold=0.8,
            rule="rounding.on_share",
            calibration_id="c4",
        )
        for r in reps
        if r.rounded
    ]
    rule, words = "sitting.remind_after", "You have been sitting for 50 minutes. Time to move."
    late = [b for b in bouts if b.posture == "sitting" and b.end - b.start > 3000]
    found += [Alert(b.start + 3000, "sitting_too_long", "info", words, 3000, 3000, rule, "c4") for b in late]
    return sorted(found, key=lambda a: a.t)


def told(columns: dict[str, Floats], reps: list[Repetition], bouts: list[Bout]) -> list[Outcome]:
    """Everything as outcomes: angles piece by piece, the rest with the last."""
    blocks = list(in_pieces(columns))
    last = Outcome(blocks.pop(), (), tuple(reps), tuple(bouts), tuple(alerts_of(reps, bouts)))
    return [*map(Outcome, blocks), last]


def workout(seconds: float = 300.0) -> MadeUp:
    """Lifts every ten seconds, standing in between, a minute of rest on a bench."""
    rng = np.random.default_rng(5)
    bouts = [Bout(0, seconds - 80, "standing"), Bout(seconds - 80, seconds - 20, "sitting", 0.4)]
    bouts += [Bout(seconds - 20, seconds, "walking")]
    reps = lifts(np.arange(20, seconds - 90, 10.0), rng)
    return MadeUp(told(wearing(seconds, reps, bouts, rng), reps, bouts), FULL)


def day(hours: float = 8.0) -> MadeUp:
    """An office day: long sitting, standing, walks, lunch lying down, a few lifts."""
    rng = np.random.default_rng(6)
    bouts: list[Bout] = []
    at, end = 0.0, 3600 * hours
    while at < end:
        posture = ("sitting", "standing", "sitting", "walking", "lying", "sitting", "unknown")[len(bouts) % 7]
        long = rng.uniform(900, 4300) if posture == "sitting" else rng.uniform(60, 900)
        bouts.append(Bout(at, min(at + long, end), posture, rng.uniform(0.2, 0.9) if posture == "sitting" else NAN))
        at += long
    standing = [b for b in bouts if b.posture == "standing" and b.end - b.start > 60]
    reps = lifts(np.array([b.start + 10 + 10 * i for b in standing for i in range(5)]), rng)
    return MadeUp(told(wearing(end, reps, bouts, rng), reps, bouts), FULL)


def calibration(sites: tuple[str, ...]) -> Calibration:
    """One with everything but sitting tall and slumped."""
    mountings = {s: Mounting((1.0, 0.0, 0.0, 0.0), 0.01, 0.02, 0.91, "bend") for s in sites}
    return Calibration(
        id="c4",
        created_utc="2025-11-10T08:00:00Z",
        wearer="Ada",
        sensors={},
        mountings=mountings,
        max_lumbar_flexion=OWN_RANGE,
        max_hip_flexion=2.0,
        verdict="good: 5 bends within 4°",
        missing=("sit_tall and slump",),
    )


def open_made_up(made: MadeUp, folder: Path, monkeypatch: pytest.MonkeyPatch) -> session.Session:
    """A session whose recording is real and small, and whose monitor says what was made up."""
    wearer, name = made.names
    sensors = tuple(Sensor(f"id of {s}", hiphinge_imu.NAME, s) for s in made.sites)
    path = folder / name
    t = np.arange(100) * 10_000_000
    still = np.zeros((100, 3))
    with recording.Writer(path, recording.Header("r1", "2025-11-10T08:00:00Z", wearer, "test", "test", sensors)) as out:
        out.write([Tick(0, made.utc_ns, 3600 if made.utc_ns else None)])
        out.write([Packet(s.sensor, "data", int(t[-1]), hiphinge_imu.encode(0, t, still, still)) for s in sensors])
        out.write([Control(int(t[-1]), "marker", '{"label": "stand", "start_s": 0.0, "end_s": 0.9}')])
    found = calibration(made.sites) if made.calibrated else monitor.UNCALIBRATED

    heard = course.Course.outcomes

    def outcomes(run: course.Course) -> Iterator[Outcome]:
        for _ in heard(run):
            pass
        yield from made.outcomes

    monkeypatch.setattr(course.Course, "outcomes", outcomes)
    monkeypatch.setattr(
        course, "plan", lambda source, overrides: course.Plan(monitor.Params(sensors=sensors), found, attached=True)
    )
    return session.open(path)
