"""When what a sensor sent is heard: crystals that drift, connection events, repeats, a busy host.

A model, no radio. A packet is ready with its last sample and waits for the next
connection event; an event carries a few packets, in order, until one must be
repeated, which ends it; the host then takes its time and sometimes stalls, after
which everything comes in one burst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hiphinge.blocks import Floats, ImuBlock

AIRTIME = 0.0007
"""s of one packet of 30 to 100 bytes at 1 Mbit/s, acknowledgement and spacing included."""
START_NS = 5_000_000_000
"""Host time at which the first sensors begin."""


@dataclass(frozen=True)
class Crystal:
    """A device's clock against the host's.

    ppm : constant part; positive: the device is fast. 30 to 50 by the makers.
    wander_ppm, wander_s : amplitude and period of a slow part: a sensor warms on the
        skin within some minutes, and a tuning fork loses 0.035 ppm/K².
    """

    ppm: float = 0.0
    wander_ppm: float = 1.0
    wander_s: float = 1200.0


@dataclass(frozen=True)
class Air:
    """From a packet ready in the sensor to its arrival in the host.

    interval : s between connection events. Linux 30 to 50 ms, Apple from 15, least 7.5.
    again : share of transmissions that must be repeated, one event later each time.
    per_event : packets that one event carries, if none of them fails. [D] 2.5 ms each of an event of 50 ms.
    host : s, mean of the exponential delay in the host's stack.
    stalls : a minute, of ``stall_s`` s (least, longest) in which the host delivers nothing.
    radio_ppm : by how much the adapter's own crystal, which times the events, is slow.
    """

    interval: float = 0.030
    again: float = 0.10
    per_event: int = 20
    host: float = 0.001
    stalls: float = 2.0
    stall_s: tuple[float, float] = (0.1, 0.5)
    radio_ppm: float = 0.0


@dataclass(frozen=True)
class Heard:
    """``block``: device times and arrivals as a decoder gives them; ``truth`` (n,) s when each sample was taken."""

    block: ImuBlock
    truth: Floats


@dataclass(frozen=True)
class Sending:
    """What a sensor sends: ``rate`` Hz, samples in a packet, and after how many s it ``begins``."""

    rate: float = 100.0
    per_packet: int = 5
    begins: float = 0.0


def stream(sending: Sending, seconds: float, air: Air, crystal: Crystal, seed: int) -> Heard:
    """``seconds`` of one sensor, from host time START_NS on; a part of a packet is not sent."""
    rate, per_packet = sending.rate, sending.per_packet
    rng = np.random.default_rng([seed, 11])
    n = round(seconds * rate) // per_packet * per_packet
    tick = np.arange(n) / rate
    truth = START_NS / 1e9 + sending.begins + true_times(crystal, tick, rng)
    arrival = arrivals(air, truth[per_packet - 1 :: per_packet], rng)
    t_ns = np.rint(tick * 1e9).astype(np.int64) + int(rng.integers(0, 2**41))
    arrival_ns = np.repeat(np.rint(arrival * 1e9).astype(np.int64), per_packet)
    still = np.zeros((n, 3))
    return Heard(ImuBlock("simulated", t_ns, still, still, arrival_ns, np.zeros(n, bool)), truth)


def true_times(crystal: Crystal, tick: Floats, rng: np.random.Generator) -> Floats:
    """True times (n,) s since the first, of device times ``tick`` (n,) s since the first."""
    phase, turn = rng.uniform(0, 2 * np.pi), 2 * np.pi / crystal.wander_s
    wandered = crystal.wander_ppm / turn * (np.cos(phase) - np.cos(phase + turn * tick))
    return tick - 1e-6 * (crystal.ppm * tick + wandered)


def arrivals(air: Air, ready: Floats, rng: np.random.Generator) -> Floats:
    """Arrivals (n,) s, never falling, of packets ready at (n,) s, rising."""
    spacing = air.interval * (1 + 1e-6 * air.radio_ppm)
    phase = rng.uniform(0, spacing)
    first = np.ceil((ready + AIRTIME - phase) / spacing).astype(int)
    repeats = rng.geometric(1 - air.again, len(ready)) - 1
    events = phase + spacing * _events(first.tolist(), repeats.tolist(), air.per_event)
    heard = events + AIRTIME + rng.exponential(air.host, len(ready))
    return np.maximum.accumulate(_stalled(air, np.maximum.accumulate(heard), rng))


def _events(first: list[int], repeats: list[int], per_event: int) -> Floats:
    """The number of the event (n,) that carries each packet, in order."""
    carried, now, taken = np.empty(len(first)), -1, 0
    for k, (slot, failed) in enumerate(zip(first, repeats, strict=True)):
        ahead = max(slot - now, int(taken >= per_event), 0) + failed
        now, taken = now + ahead, 1 if ahead else taken + 1
        carried[k] = now
    return carried


def _stalled(air: Air, heard: Floats, rng: np.random.Generator) -> Floats:
    """The same with the host's stalls: what comes during one is delivered at its end."""
    seconds = heard[-1] - heard[0] if len(heard) else 0.0
    for start in rng.uniform(0, seconds, rng.poisson(air.stalls * seconds / 60)) + heard[:1]:
        end = start + rng.uniform(*air.stall_s)
        heard = np.where((heard >= start) & (heard < end), end, heard)
    return heard
