"""Every stage: how it is built, what it is fed, and the recording that all are fed from.

A stage is a class with one verb that is fed blocks, piece by piece. A new one gets a
row in :data:`STAGES`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from hiphinge import monitor, simulate, wizard
from hiphinge.alerts import cues, rules
from hiphinge.blocks import (
    MISSING,
    SITES,
    Alert,
    AngleBlock,
    Calibration,
    Control,
    Event,
    ImuBlock,
    Packet,
    Repetition,
    Tick,
)
from hiphinge.detect import lifts, rounding, signal, sitting, taps, wear
from hiphinge.devices import hiphinge_imu
from hiphinge.fusion import heading, orientation
from hiphinge.kinematics import body, joint_angles, mounting, split, zero
from hiphinge.streams import align, calibrate, clock

GAP, DEAD = ("sacrum", 101.0, 3.0), ("thigh_right", 125.0)
Stream = Any


@dataclass(frozen=True)
class Recorded:
    """What goes from stage to stage in one session: a stream for each, whole."""

    calibration: Calibration
    packets: list[tuple[str, ImuBlock]]
    motion: Any
    attitudes: Any
    segments: Any
    related: Any
    bare: AngleBlock
    angles: AngleBlock


@cache
def recorded() -> Recorded:
    """Two and a half minutes with losses, a gap and a sensor that dies; lifts, walking, sensors taken off."""
    movements = [*simulate.calibration(), simulate.hinge(1.1), simulate.Stand(2.0), simulate.squat()]
    movements += [simulate.Walk(8.0), simulate.Stand(2.0), simulate.SitDown(), simulate.Sit(8.0), simulate.StandUp()]
    faults = (simulate.Loss(), simulate.Gap(*GAP), simulate.Dead(*DEAD))
    played = simulate.wear([*movements, simulate.TakeOff(70.0)], wearing=simulate.Wearing(SITES, faults=faults), seed=3)
    log = [one for batch in played.batches() for one in batch]
    params = monitor.Params(sensors=played.sensors)
    spans = wizard.marked(log)
    calibration = wizard.calibrate_recording(params, [log], spans)
    packets = [(one.sensor, decoded(one)) for one in log if isinstance(one, Packet)]
    return followed(params, calibration, packets)


def decoded(packet: Packet) -> ImuBlock:
    block, errors, _ = hiphinge_imu.Decoder(packet.sensor).decode([packet])
    assert not errors
    return block


def followed(params: monitor.Params, calibration: Calibration, packets: list[tuple[str, ImuBlock]]) -> Recorded:
    """Each stage's stream from the one before; all arrays read-only."""
    motion = align.Aligner(params.align, SITES).align(packets, int(packets[-1][1].arrival_ns[-1]))
    attitudes = orientation.Orientation(params.orientation, SITES).estimate(motion)
    segments = body.Body(calibration.mountings, SITES).place(attitudes)
    related = heading.Heading(params.heading, SITES).relate(segments)
    bare = joint_angles.JointAngles(params.joint_angles, SITES).measure(related)
    turn = body.vertical_rate(attitudes.q_e_s[1], motion.gyr[1])
    angles = split.Split(params.split, calibration.max_lumbar_flexion).bound(bare)
    angles = replace(angles, angles={**angles.angles, "pelvis_yaw_rate": turn})
    frozen = [(site, locked(block)) for site, block in packets]
    return Recorded(calibration, frozen, *map(locked, (motion, attitudes, segments, related, bare, angles)))


def locked(block: Any) -> Any:
    """The same block; whoever writes into it gets an error."""
    for x in arrays(block).values():
        x.flags.writeable = False
    return block


def arrays(block: Any) -> dict[str, np.ndarray]:
    """All arrays of a block by name, angles too."""
    found = {}
    for field in dataclasses.fields(block):
        value = getattr(block, field.name)
        if isinstance(value, Mapping):
            found |= {f"{field.name}.{k}": v for k, v in value.items()}
        elif isinstance(value, np.ndarray):
            found[field.name] = value
    return found


def row_axis(block: Any, x: np.ndarray) -> int:
    """Where its instants are: behind the sensors, if it has sensors."""
    return 1 if hasattr(block, "sites") and x.ndim > 1 else 0


def changed(block: Any, change: Callable[[str, np.ndarray], np.ndarray]) -> Any:
    """The block with every array replaced."""
    values = {}
    for field in dataclasses.fields(block):
        value = getattr(block, field.name)
        if isinstance(value, Mapping):
            values[field.name] = {k: change(k, v) for k, v in value.items()}
        elif isinstance(value, np.ndarray):
            values[field.name] = change(field.name, value)
    return replace(block, **values)


# --- Streams: what a stage is fed, cut anywhere -----------------------------------------


def cut(stream: Stream, start: int, stop: int) -> Stream:
    """Rows of blocks that go together, or items of a list."""
    if isinstance(stream, list):
        return stream[start:stop]
    if isinstance(stream, tuple):
        return tuple(cut(block, start, stop) for block in stream)
    return changed(stream, lambda _, x: x[:, start:stop] if row_axis(stream, x) else x[start:stop])


def rows(stream: Stream) -> int:
    return len(stream[0]) if isinstance(stream, tuple) else len(stream)


def unknown(stream: Stream) -> Stream:
    """The same rows with nothing known: NaN in every number but the time, every sensor MISSING."""
    if isinstance(stream, list):
        return [(site, unknown(block)) for site, block in stream]
    if isinstance(stream, tuple):
        return tuple(unknown(block) for block in stream)

    def blank(name: str, x: np.ndarray) -> np.ndarray:
        if name == "flags":
            return x | MISSING
        return x if name == "t" or x.dtype.kind != "f" else np.full_like(x, np.nan)

    return changed(stream, blank)


def rough_packets(seed: int, *, blanks: bool) -> list[tuple[str, ImuBlock]]:
    """What a bad radio makes of a few seconds: late, twice, backwards, shuffled; with ``blanks`` NaN for numbers."""
    rng = np.random.default_rng(seed)
    heard = []
    for site in SITES[:3]:
        t, period = int(rng.integers(0, 5e8)), int(rng.choice([5_000_000, 10_003_000, 39_000_000]))
        for _ in range(int(rng.integers(0, 60))):
            n = int(rng.integers(1, 16))
            times = t + np.arange(n) * period + int(rng.integers(-(2**31), 2**31)) * (rng.uniform() < 0.08)
            times = rng.permutation(times) if rng.uniform() < 0.03 else times
            late = int(rng.integers(0, 3e9 if rng.uniform() < 0.06 else 1e8))
            acc, gyr = rng.normal(0.0, 5.0, (2, n, 3))
            acc[rng.uniform(size=n) < (0.02 if blanks else 0.0)] = np.nan
            heard.append((site, ImuBlock(site, times, acc, gyr, np.full(n, times[-1] + late), acc[:, 0] > 9.0)))
            t = int(times[-1]) + period if rng.uniform() > 0.03 else t
    return sorted(heard, key=lambda one: int(one[1].arrival_ns[0]))


AlertItem = tuple[float, list[rules.Finding], list[Control], list[Tick], list[Event]]


def alert_stream() -> list[AlertItem]:
    """Three hours of findings of all kinds, slow ones handed over late, on and off a seat; a wearer who speaks."""
    rng = np.random.default_rng(5)
    stream = []
    for now in range(10_800):
        found: list[rules.Finding] = []
        for kind in np.flatnonzero(rng.uniform(size=1 + len(rules.SLOW)) < 0.002):
            name = (rules.ROUNDED, *rules.SLOW)[kind]
            late = rng.uniform(0, 0.5 if name == rules.ROUNDED else 4.5)
            bout = (str(rng.choice(SITES)), now // 60) if rng.uniform() < 0.5 else None
            over = bool(bout and rng.uniform() < 0.3)
            found.append(rules.Finding(now - late, name, 0.9, 0.8, "a.rule", bout, alert_detail(rng), over))
        said = [Control(now * 10**9, a, v) for a, v in SPOKEN if rng.uniform() < 0.0006]
        ticks = [Tick(now * 10**9, now * 10**9 + 79_000 * 10**9, 3600 * (now > 5000))] if now % 60 == 0 else []
        stream.append((float(now), found, said, ticks, seat_events(now, rng)))
    return stream


def seat_events(now: int, rng: np.random.Generator) -> list[Event]:
    """Every 50 min up for two, that is a break; at any time another posture."""
    since, phase = float(now // 3000 * 3000), now % 3000
    data = {10: ("seat_taken", {"since": since, "at": since + 5.0}), 2881: ("seat_left", {"at": since + 2880.0})}
    data[2944] = ("break_taken", {"left": since + 2880.0, "at": since + 2940.0})
    events = [Event(float(now), *data[phase])] if phase in data else []
    return events + ([Event(float(now), "posture_shift")] if rng.uniform() < 0.0005 else [])


def set_stream() -> list[tuple[float, list[Any], list[Any], list[Any], list[Control]]]:
    """Ten minutes of repetitions, some rounded, told at their ends; sets begun and ended at odd times."""
    rng = np.random.default_rng(7)
    none = dict.fromkeys(Repetition.__dataclass_fields__, float("nan"))
    stream = []
    for n in range(120):
        end, is_rounded = 5.0 * n + 3.0, bool(rng.uniform() < 0.3)
        share = 0.85 if is_rounded else 0.5
        told = {"rep": n, "set": 1 + n // 20, "start": end - 2, "end": end, "kind": "hinge", "rounded": is_rounded}
        told |= {"peak_lumbar_share": share, "peak_lumbar_flexion": rng.uniform(0.3, 0.7), "confidence": rng.uniform()}
        rep = Repetition(**(none | told))  # type: ignore[arg-type]  # all its fields
        crossing = Alert(end - 1, rules.ROUNDED, "warning", "", share, 0.8, "", "id")
        said = [Control(round(end * 1e9), "set", str(rng.choice(["start", "stop"])))] if rng.uniform() < 0.1 else []
        phases = [Event(end - 2, "phase", {"phase": "descent"}), Event(end, "phase", {"phase": "standing"})]
        stream.append((end - 1.5, [], [], phases[:1], []))
        stream.append((end - 0.5, [crossing] * is_rounded, [], [], []))
        stream.append((end + 0.5, [], [rep], phases[1:], said))
    return stream


def build_cues(r: Recorded) -> tuple[Feed, Finish]:
    stage = cues.Cues(cues.Params(share=0.7), "id")
    now = -float("inf")

    def feed(items: list[tuple[float, list[Any], list[Any], list[Any], list[Any]]]) -> list[Any]:
        nonlocal now
        now = items[-1][0] if items else now
        return list(stage.update(*([x for item in items for x in item[i]] for i in (1, 2, 3, 4)), now))

    return feed, list


def ticking(r: Recorded) -> ImuBlock:
    """One sensor on a clock of its own, 30 ppm fast, a sample a packet, heard up to 20 ms late."""
    block = one_sensor(r)
    rng = np.random.default_rng(3)
    late = rng.integers(1_000_000, 20_000_000, len(block))
    arrival = np.maximum.accumulate(block.t_ns + late) + np.arange(len(block))
    own = np.rint((block.t_ns - block.t_ns[0]) * (1 + 30e-6)).astype(np.int64) + 5_000_000_000
    made = replace(block, t_ns=own, arrival_ns=arrival)
    locked(made)
    return made


ASKED = (("snooze", "4"), ("do-not-disturb", "on"), ("do-not-disturb", "off"))
SPOKEN = (("mute", "5"), ("unmute", ""), ("wrong", ""), ("wrong", '"rounded_back"'), ("re-zero", ""), *ASKED)


def alert_detail(rng: np.random.Generator) -> dict[str, object]:
    """What the messages of all kinds may ask for."""
    site = str(rng.choice(SITES))
    return {"site": site, "sites": (site, "thigh_left"), "since": 0.0}


# --- Stages: how each is built and fed ---------------------------------------------------

Feed = Callable[[Stream], list[Any]]
Finish = Callable[[], list[Any]]


@dataclass(frozen=True)
class Stage:
    """``build`` gives the verb and what ends it; ``stream`` is what it takes; ``params``: its name in the monitor."""

    params: str
    stream: Callable[[Recorded], Stream]
    build: Callable[[Recorded], tuple[Feed, Finish]]
    empty: Callable[[Stream], Stream] = lambda stream: cut(stream, 0, 0)


def plain(verb: Callable[..., Any]) -> tuple[Feed, Finish]:
    """A verb that takes a block, or blocks that go together, and has no end."""
    return lambda s: [verb(*s) if isinstance(s, tuple) else verb(s)], list


def joined(packets: list[tuple[str, ImuBlock]]) -> list[tuple[str, ImuBlock]]:
    """One block a sensor, in the order in which they were first heard, as decoding gives them."""
    by_site: dict[str, list[dict[str, np.ndarray]]] = {}
    for site, block in packets:
        by_site.setdefault(site, []).append(arrays(block))
    return [
        (site, ImuBlock(site, **{name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}))
        for site, blocks in by_site.items()
    ]


def build_aligner(r: Recorded) -> tuple[Feed, Finish]:
    stage, heard = align.Aligner(align.Params(), SITES), -(2**62)

    def feed(packets: list[tuple[str, ImuBlock]]) -> list[Any]:
        nonlocal heard
        heard = max([heard, *(int(b.arrival_ns[-1]) for _, b in packets if len(b))])
        return [stage.align(joined(packets), heard)]

    return feed, lambda: [stage.finish()]


def build_wear(r: Recorded) -> tuple[Feed, Finish]:
    stage = wear.Wear(wear.Params())
    return plain(stage.update)[0], lambda: [stage.finish()]


def build_postures(r: Recorded) -> tuple[Feed, Finish]:
    """As in the monitor: told by the detector of wear."""
    worn, stage = wear.Wear(wear.Params()), sitting.Postures(sitting.Params(), 0.1, 0.5)
    return plain(lambda a, m: stage.update(a, m, worn.update(a, m).idle))[0], lambda: [stage.finish(worn.finish().idle)]


def build_admission(r: Recorded) -> tuple[Feed, Finish]:
    stage = rules.Admission(rules.Params(quiet=("22:10-22:30",), per_hour=12, pause_other=60.0), "id")
    now = -float("inf")

    def feed(items: list[AlertItem]) -> list[Any]:
        nonlocal now
        now = items[-1][0] if items else now
        found = [x for item in items for x in item[1]]
        said, ticks = [x for item in items for x in item[2]], [x for item in items for x in item[3]]
        return list(stage.update(found, now, said, ticks, [x for item in items for x in item[4]]))

    return feed, lambda: list(stage.finish())


def build_zeroing(r: Recorded) -> tuple[Feed, Finish]:
    """A wish in standing, one in a lift, and one that is not fulfilled."""
    stage = zero.Zeroing(zero.Params(patience=6.0), mounting.Params(), r.calibration)
    for t in (5.0, 90.0, 110.0):
        stage.ask(t)

    def feed(motion: Any) -> list[Any]:
        found = [(float(part.t[-1]), what) for part, what in stage.take(motion) if what is not None]
        return [Event(t, "zero", {"is": getattr(what, "id", str(what))}) for t, what in found]

    return feed, list


def build_lifts(r: Recorded) -> tuple[Feed, Finish]:
    own, movements = r.calibration.max_lumbar_flexion, r.calibration.movements
    return plain(lifts.Lifts(lifts.Params(), rounding.Params(), own, movements).update)


def build_rounding(r: Recorded) -> tuple[Feed, Finish]:
    own, movements = r.calibration.max_lumbar_flexion, r.calibration.movements
    return plain(rounding.Rounding(rounding.Params(), own, movements).update)


def build_errors(r: Recorded) -> tuple[Feed, Finish]:
    scale = ((1.02, 0.01, 0.0), (0.0, 0.99, -0.02), (0.003, 0.0, 1.01))
    own = replace(r.calibration.sensors["sacrum"], gyr_bias=(0.01, -0.02, 0.03), acc_bias=(0.1, 0.2, -0.3))
    return plain(calibrate.SensorErrors(calibrate.Params({"sacrum": replace(own, acc_scale=scale)})).correct)


def one_sensor(r: Recorded) -> ImuBlock:
    """All samples of the sacrum as one block."""
    return locked(dict(joined(r.packets))["sacrum"])


STAGES = {
    "SensorErrors": Stage("calibrate", one_sensor, build_errors),
    "Aligner": Stage("align", lambda r: r.packets, build_aligner, lambda s: [(s[0][0], cut(s[0][1], 0, 0))]),
    "Orientation": Stage(
        "orientation",
        lambda r: r.motion,
        lambda r: plain(orientation.Orientation(orientation.Params(), SITES).estimate),
    ),
    "Body": Stage("", lambda r: r.attitudes, lambda r: plain(body.Body(r.calibration.mountings, SITES).place)),
    "Heading": Stage("heading", lambda r: r.segments, lambda r: plain(heading.Heading(heading.Params(), SITES).relate)),
    "JointAngles": Stage(
        "joint_angles",
        lambda r: r.related,
        lambda r: plain(joint_angles.JointAngles(joint_angles.Params(), SITES).measure),
    ),
    "Split": Stage(
        "split",
        lambda r: without_sacrum(r.bare),
        lambda r: plain(split.Split(split.Params(), r.calibration.max_lumbar_flexion).bound),
    ),
    "Lifts": Stage("lifts", lambda r: r.angles, build_lifts),
    "Rounding": Stage("rounding", lambda r: r.angles, build_rounding),
    "Postures": Stage("sitting", lambda r: (r.angles, r.motion), build_postures),
    "Wear": Stage("wear", lambda r: (r.angles, r.motion), build_wear),
    "Signal": Stage("signal", lambda r: r.motion, lambda r: plain(signal.Signal(signal.Params(), SITES).update)),
    "DoubleTaps": Stage("taps", lambda r: r.motion, lambda r: plain(taps.DoubleTaps(taps.Params(), SITES).listen)),
    "Zeroing": Stage("zero", lambda r: r.motion, build_zeroing),
    "Admission": Stage("alerts", lambda r: alert_stream(), build_admission),
    "Cues": Stage("cues", lambda r: set_stream(), build_cues),
    "Clock": Stage("clock", ticking, lambda r: plain(clock.Clock(clock.Params()).place)),
}


def without_sacrum(angles: AngleBlock) -> AngleBlock:
    """What trunk and thighs alone know: the case in which the split adds most."""
    known = {n: x for n, x in angles.angles.items() if n.startswith(("trunk_inclination", "thigh_elevation"))}
    return replace(angles, angles=known)
