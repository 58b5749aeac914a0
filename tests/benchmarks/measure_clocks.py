"""What clocks do to a day: summer time, another zone, a sleeping host, a stepped clock, a reboot.

Virtual: three quarters of an hour at a desk with its breaks, the thigh's sensor alone;
the same log with other clocks. Postures live on the recording's clock, so that no
minute may be lost and no bout made up whatever the wall says; reminders count anew
after what nobody saw, and quiet hours follow the wearer's own wall. A host whose
monotonic clock sleeps with it (Linux) shows no gap, one whose clock runs on does.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Any

import numpy as np

from hiphinge import monitor, simulate, wizard
from hiphinge.alerts import reminders, rules
from hiphinge.blocks import THIGH_RIGHT, Bout, Calibration, Input, Outcome, Packet, Tick
from hiphinge.simulate import Sit, SitDown, Stand, StandUp, Walk

HOUR_S = 3600.0
AT = 1500.0
"""s: in the second time of sitting."""
AFTER = 900.0
"""s of sitting that are long."""
POSTURES = ("sitting", "standing", "walking", "lying", "cycling", "not_worn")

Inputs = list[Input]


def ticked(change: Callable[[Tick], Tick]) -> Callable[[Inputs], list[Inputs]]:
    """Another wall clock from AT on."""

    def made(log: Inputs) -> list[Inputs]:
        late = [change(one) if isinstance(one, Tick) and one.arrival_ns >= AT * 1e9 else one for one in log]
        return [late]

    return made


def later(seconds: float) -> Callable[[Tick], Tick]:
    """The wall clock stepped."""
    return lambda tick: replace(tick, utc_ns=(tick.utc_ns or 0) + round(seconds * 1e9))


def zone(offset_s: int) -> Callable[[Tick], Tick]:
    """The wall's zone changed."""
    return lambda tick: replace(tick, utc_offset_s=offset_s)


def shifted(one: Input, by_s: float) -> Input:
    """The same at another time of the recording's clock; the wall's time of a tick goes with it."""
    by = round(by_s * 1e9)
    if isinstance(one, Packet):
        samples = np.frombuffer(one.payload, played_sample(), offset=8).copy()
        samples["t_ns"] += by
        return one._replace(arrival_ns=one.arrival_ns + by, payload=one.payload[:8] + samples.tobytes())
    if isinstance(one, Tick):
        return replace(one, arrival_ns=one.arrival_ns + by, utc_ns=(one.utc_ns or 0) + by)
    return replace(one, arrival_ns=one.arrival_ns + by)


def played_sample() -> np.dtype[np.void]:
    """Of the layout hiphinge_imu, after eight bytes."""
    return np.dtype([("t_ns", "<i8"), ("acc", "<f4", 3), ("gyr", "<f4", 3)])


def slept(log: Inputs) -> list[Inputs]:
    """An hour in which nothing was heard, on a clock that ran on."""
    return [[one if one.arrival_ns < AT * 1e9 else shifted(one, HOUR_S) for one in log]]


def rebooted(log: Inputs) -> list[Inputs]:
    """Two recordings: the second on a clock that began anew half a minute before, with another boot."""
    first = [one for one in log if one.arrival_ns < AT * 1e9]
    rest = [shifted(one, 30.0 - AT) for one in log if one.arrival_ns >= AT * 1e9]
    wall = round((AT - 30.0) * 1e9)
    second = [replace(x, utc_ns=(x.utc_ns or 0) + wall, boot_id="other") if isinstance(x, Tick) else x for x in rest]
    return [first, second]


CASES: dict[str, Callable[[Inputs], list[Inputs]]] = {
    "plain": lambda log: [log],
    "summer_time": ticked(zone(3600)),
    "other_zone": ticked(zone(-21600)),
    "stepped_back": ticked(later(-420.0)),
    "stepped_forward": ticked(later(120.0)),
    "slept_clock_stopped": ticked(later(HOUR_S)),
    "slept_clock_ran_on": slept,
    "rebooted": rebooted,
}
SAME = ("summer_time", "other_zone", "stepped_back", "stepped_forward")
ANEW = ("slept_clock_stopped", "slept_clock_ran_on", "rebooted")
"""Cases in which what was sat before counts for nothing."""

LIMITS = {
    **{f"{case}.lost_s": (None, 5.0) for case in CASES},
    **{f"{case}.phantom_bouts": (0, 0) for case in CASES},
    **{f"{case}.reminders_moved_s": (None, 0.0) for case in SAME},
    **{f"{case}.reminders_too_early": (0, 0) for case in CASES},
    "quiet.told_in_quiet_hours": (0, 0),
    "quiet.due_in_quiet_hours": (1, None),
    "quiet.told_after_s": (0, 5.0),
}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Each case beside the plain one."""
    log, sensors, calibration = recorded()

    def watch(parts: list[Inputs], quiet: tuple[str, ...] = ()) -> list[list[Outcome]]:
        params = monitor.Params(sensors=sensors, alerts=rules.Params(quiet=quiet))
        params = replace(params, reminders=reminders.Params(after=AFTER))
        fed = [monitor.Monitor(params, calibration) for _ in parts]
        return [[one.feed(part), one.finish()] for one, part in zip(fed, parts, strict=True)]

    plain = watch([log])
    found: dict[str, Any] = {"virtual": "virtual"}
    for case, make in CASES.items():
        if case not in progress:
            progress[case] = compared(case, plain, watch(make(log)))
        found[case] = progress[case]
    # Summer time makes 9:25 into 10:25; what was due in the quiet twelve minutes after it waits for their end.
    told = alerts(watch(CASES["summer_time"](log), quiet=("10:20-10:37",)))
    end = AT + 720.0
    found["quiet"] = {
        "due_in_quiet_hours": sum(AT <= t < end for t in alerts(plain)),
        "told_in_quiet_hours": sum(AT <= t < end for t in told),
        "told_after_s": min((t for t in told if t >= end), default=float("inf")) - end,
    }
    return found


def recorded() -> tuple[Inputs, Any, Calibration]:
    """Sitting twice with a break between, and a walk at the end."""
    day: list[simulate.Movement] = [
        SitDown(),
        Sit(1000.0),
        StandUp(),
        Walk(90.0),
        Stand(20.0),
        SitDown(),
        Sit(1250.0),
        StandUp(),
        Walk(60.0),
    ]
    wearing = simulate.Wearing(sites=(THIGH_RIGHT,), faults=())
    worn = simulate.wear([*simulate.calibration(), *day, Stand(10.0)], wearing=wearing, seed=4)
    log = [one for batch in worn.batches() for one in batch]
    params = monitor.Params(sensors=worn.sensors)
    spans = wizard.marked(log)
    return log, worn.sensors, wizard.calibrate_recording(params, [log], spans)


def compared(case: str, plain: list[list[Outcome]], seen: list[list[Outcome]]) -> dict[str, float]:
    """Seconds of postures lost or made up, bouts made up, and what became of the reminders."""
    was, now = bouts(plain), bouts(seen)
    # Where nothing was heard a bout may have been cut in two.
    cut = 0 if case in ("plain", *SAME, "slept_clock_stopped") else 1
    before, after = alerts(plain), alerts(seen)
    moved = [abs(a - b) for a, b in zip(before, after, strict=False)]
    early = sum(AT <= t < AT + AFTER for t in after) if case in ANEW[:1] else 0
    if case == "slept_clock_ran_on":
        early = sum(AT + HOUR_S <= t < AT + HOUR_S + AFTER for t in after)
    return {
        "lost_s": max(abs(total(was, name) - total(now, name)) for name in POSTURES),
        "phantom_bouts": max(len(now) - len(was) - cut, len(was) - len(now), 0),
        "reminders": len(after),
        "reminders_moved_s": max(moved, default=0.0) if len(before) == len(after) else float("nan"),
        "reminders_too_early": early,
    }


def bouts(parts: list[list[Outcome]]) -> list[Bout]:
    """All of a known posture."""
    return [b for part in parts for outcome in part for b in outcome.bouts if b.posture in POSTURES]


def total(found: list[Bout], name: str) -> float:
    """Seconds of one posture."""
    return sum(b.end - b.start for b in found if b.posture == name)


def alerts(parts: list[list[Outcome]]) -> list[float]:
    """When somebody was told to move, s."""
    return [a.t for part in parts for outcome in part for a in outcome.alerts if a.kind == reminders.SITTING]
