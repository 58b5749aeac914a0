"""A live session in which everything goes wrong by a seeded plan, with keys pressed; what the sensors know of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import SACRUM, THIGH_RIGHT, UPPER_LUMBAR, Input, Outcome
from hiphinge.markers import ACTION, TWIST, Marker
from hiphinge.sources.virtual.faults import Params
from hiphinge.sources.virtual.motion import Motion
from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.twin import Samples
from hiphinge.sources.virtual.worn import Worn
from tests.benchmarks.live_air import OnAir, on_air
from tests.benchmarks.worn_home import assigned

MAKES = {UPPER_LUMBAR: "hiphinge_ble", SACRUM: "witmotion", THIGH_RIGHT: "movella_dot"}
BAD = {"duplicates": 0.02, "interval": 0.03, "drift_ppm": 40.0, "left": True, "advertising": 0.2}
"""Of all sensors, all the time. Advertisements come as seldom as sensors of these makes send them to save power."""
AWAY_S = 3.0
"""s that the sensor on the sacrum does not advertise after a lost link; some WitMotion take 40."""
KINDS, SHARES = ("drop", "reboot", "stall"), (0.45, 0.2, 0.35)
KEYS = (("set", "start"), ("set", "stop"), ("mute", "0.2"), ("unmute", ""), ("mark", ""), ("wrong", ""), ("wrong", "x"))
NOTICED_S = 1.5
"""After the last fault: a silent sensor is known to be one by then."""
RECOVERY_S = 60.0
"""At most, without faults at the end; all that have power must stream again."""


@dataclass(frozen=True)
class Plan:
    """``faults``, one every ``every`` s on average; ``twist`` s in one hand first; two swapped for ``swapped`` s."""

    faults: int
    every: float
    twist: float
    swapped: float
    seed: int = 11


@dataclass
class Diary:
    """What really happened, by sensor; times in s on the host's monotonic clock.

    ``delivered`` has the instant of each delivered notification's last sample: when it was handed over is no truth
    on a machine that may stop the sensor too for a second.
    """

    strikes: list[tuple[float, str, str]] = field(default_factory=list)
    delivered: dict[str, list[float]] = field(default_factory=dict)
    advertised: dict[str, list[float]] = field(default_factory=dict)
    died: dict[str, float] = field(default_factory=dict)
    swapped: tuple[float, float] = (np.inf, np.inf)
    keys: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    ended: float = np.inf
    motion: Motion | None = None
    streaming_again: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    def listen(self, _: Sequence[Input], outcome: Outcome) -> None:
        """A listener that keeps all but the angles."""
        if outcome.repetitions or outcome.bouts or outcome.alerts or outcome.cues:
            self.outcomes.append(outcome)

    def watch(self, one: Peripheral, sensor: str) -> None:
        """Note what ``one`` makes, what of it goes to a host, and when it begins to advertise."""
        waiting: list[tuple[float, int]] = []
        delivered = self.delivered.setdefault(sensor, [])
        advertised = self.advertised.setdefault(sensor, [])
        twin, pack, send, advertise = one.twin, one.twin.packets, one._send, one._device.start_advertising

        def packing(samples: Samples) -> Iterator[tuple[str, bytes]]:
            for uuid, payload in pack(samples):
                waiting.append((twin._born + float(samples.tick[-1]) / twin._pace, hash(payload)))
                yield uuid, payload

        async def sending(uuid: str, payload: bytes) -> None:
            if one.is_connected:
                found = next((i for i, (_, body) in enumerate(waiting) if body == hash(payload)), None)
                if found is not None:  # else an answer, or the second of two
                    delivered.append(waiting[found][0])
                    del waiting[: found + 1]
            await send(uuid, payload)

        async def advertising(**options: Any) -> None:
            advertised.append(time.monotonic())
            await advertise(**options)

        twin.packets, one._send, one._device.start_advertising = packing, sending, advertising  # type: ignore[method-assign]  # watched from within, where nobody can be wrong


def worn(plan: Plan) -> Worn:
    """Three makes; one battery dies when nine tenths of the faults have struck."""
    lasts = 0.9 * plan.faults * plan.every + plan.twist
    faults = {
        UPPER_LUMBAR: Params(**BAD),
        SACRUM: Params(**BAD, away=AWAY_S if plan.twist else 0.0),
        THIGH_RIGHT: Params(**BAD, battery=9.0, battery_lasts=lasts),
    }
    hours = max((plan.faults * plan.every * 1.5 + plan.twist) / 3600, 0.1)
    return Worn(hours=hours, twist=plan.twist, sensors=MAKES, faults_of=faults)


async def session(plan: Plan, file: Path) -> Diary:
    """The whole of it, recorded in ``file``."""
    diary = Diary()
    async with on_air(worn(plan), file) as air:
        diary.motion = air.wearer.motion
        for one in assigned(MAKES):
            diary.watch(air.wearer.peripherals[one.site], one.sensor)
        air.live.listeners.append(diary.listen)
        began = time.monotonic()
        running = asyncio.create_task(air.live.run())
        try:
            await _all_stream(air, 30.0)
            await _twisted(air, plan)
            keys = asyncio.create_task(_press(air, plan, diary))
            await _strike(air, plan, diary)
            keys.cancel()
            await asyncio.sleep(NOTICED_S)
            diary.streaming_again = await _all_stream(air, RECOVERY_S)
        finally:
            air.live.stop()
            await running
        diary.ended = time.monotonic()
        diary.seconds = diary.ended - began
        for one in assigned(MAKES):
            if (dead := air.wearer.peripherals[one.site]).is_dead:
                diary.died[one.sensor] = dead._born + dead.params.battery_lasts
    return diary


async def _all_stream(air: OnAir, seconds: float) -> bool:
    """Whether all sensors with power sent within these seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        dead = sum(one.is_dead for one in air.wearer.peripherals.values())
        if air.live.health.streaming >= len(MAKES) - dead:
            return True
        await asyncio.sleep(0.1)
    return False


async def _twisted(air: OnAir, plan: Plan) -> None:
    """Until the hand lets go; then somebody says so."""
    began = air.wearer.motion.began or time.monotonic()
    if plan.twist:
        now = time.monotonic()
        await asyncio.sleep(max(began + plan.twist - now, 0.0))
        air.live.ask(ACTION, Marker(TWIST, now, began + plan.twist - 0.2).to_text())


async def _press(air: OnAir, plan: Plan, diary: Diary) -> None:
    rng = np.random.default_rng([plan.seed, 1])
    while True:
        await asyncio.sleep(float(rng.exponential(2.5 * plan.every)))
        action, value = KEYS[int(rng.integers(len(KEYS)))]
        diary.keys[action] += 1
        air.live.ask(action, "rounded_back" if value == "x" else value)


async def _strike(air: OnAir, plan: Plan, diary: Diary) -> None:
    """The plan's faults, each on a sensor that is connected then; two change places half way."""
    rng = np.random.default_rng([plan.seed, 2])
    sensors = {one.site: one.sensor for one in assigned(MAKES)}
    swap_at = time.monotonic() + 0.5 * plan.faults * plan.every
    while len(diary.strikes) < plan.faults:
        await asyncio.sleep(float(rng.exponential(plan.every)))
        _swap(air, plan, diary, swap_at)
        connected = [site for site, one in air.wearer.peripherals.items() if one.is_connected]
        kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
        draws = rng.uniform(size=2)
        if connected:
            site = connected[int(draws[0] * len(connected))]
            one = air.wearer.peripherals[site]
            diary.strikes.append((time.monotonic(), sensors[site], kind))
            one.stall(0.2 + 2.8 * float(draws[1])) if kind == "stall" else getattr(one, kind)()
    while np.isinf(diary.swapped[1]):  # the dice may be done before
        await asyncio.sleep(0.1)
        _swap(air, plan, diary, swap_at)


def _swap(air: OnAir, plan: Plan, diary: Diary, at: float) -> None:
    """Upper lumbar and thigh, and back again."""
    now, (begun, ended) = time.monotonic(), diary.swapped
    if now >= at and begun == np.inf:
        air.wearer.motion.swap(UPPER_LUMBAR, THIGH_RIGHT)
        diary.swapped = (now, np.inf)
    elif now >= begun + plan.swapped and ended == np.inf:
        air.wearer.motion.swap(UPPER_LUMBAR, THIGH_RIGHT)
        diary.swapped = (begun, now)
