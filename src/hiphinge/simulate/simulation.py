"""A virtual wearer's whole session: inputs as they arrive, and the truth beside them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import SACRUM, SITES, THIGH_RIGHT, UPPER_LUMBAR, Control, Floats, Input, Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import InputError
from hiphinge.markers import Marker, to_control
from hiphinge.simulate import placement, truth
from hiphinge.simulate.clocks import Clock, Clocks
from hiphinge.simulate.faults import Fault, Loss, Swapped, UpsideDown
from hiphinge.simulate.imperfections import Defects, Imperfections
from hiphinge.simulate.score import Mark, Score
from hiphinge.simulate.sensing import GRID_HZ, Ideal, Readings
from hiphinge.simulate.traffic import Traffic

DEFAULT_SITES = (UPPER_LUMBAR, SACRUM, THIGH_RIGHT)
START_UTC_NS = 1_767_603_600_000_000_000
"""Monday 5 January 2026, 09:00 UTC: fixed, so that a simulation is the same every day."""
SECONDS = 60
"""Length of the blocks in which a simulation is made; fixed, so that grouping cannot matter."""
PER_PACKET = 10


@dataclass(frozen=True)
class Wearing:
    """How the sensors are worn, how good they are and what goes wrong."""

    sites: tuple[str, ...] = DEFAULT_SITES
    rate_hz: float = 100.0
    habit: placement.Habit = field(default_factory=placement.Habit)
    imperfections: Imperfections = field(default_factory=Imperfections)
    clocks: Clocks = field(default_factory=Clocks)
    faults: tuple[Fault, ...] = field(default=(Loss(),))
    markers: bool = True
    start_utc_ns: int | None = START_UTC_NS
    utc_offset_s: int = 0


def checked(wearing: Wearing) -> Wearing:
    """The same; raises InputError for sites or a rate that cannot be worn."""
    unknown = [site for site in wearing.sites if site not in SITES]
    if unknown or not wearing.sites:
        raise InputError(f"simulate: site {', '.join(unknown) or 'none'}, expected some of {', '.join(SITES)}.")
    if len(set(wearing.sites)) < len(wearing.sites):
        raise InputError(f"simulate: sites {', '.join(wearing.sites)}, expected each once.")
    if not 10.0 <= wearing.rate_hz <= 1000.0:
        raise InputError(f"simulate: {wearing.rate_hz} Hz, expected 10 to 1000.")
    return wearing


@dataclass(frozen=True)
class Simulation:
    """A played score, worn. Every iterator begins anew and gives the same again."""

    score: Score
    wearing: Wearing
    seed: int
    lifts: tuple[truth.TrueLift, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lifts", truth.lifts(self.score))

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The worn sensors, named after their sites."""
        return tuple(Sensor(site, hiphinge_imu.NAME, site) for site in self.wearing.sites)

    @property
    def markers(self) -> tuple[Mark, ...]:
        """As in markers.csv; none where the wearer marks nothing."""
        return tuple(self.score.marks) if self.wearing.markers else ()

    @property
    def duration(self) -> float:
        """Seconds from the first to the last instant."""
        return self.score.now

    @property
    def own_maximum(self) -> float:
        """The wearer's own maximal lumbar flexion, rad."""
        return self.score.wearer.max_lumbar

    def batches(self) -> Iterator[list[Input]]:
        """All inputs in order of arrival, a minute at a time."""
        waiting: list[tuple[int, int, Input]] = []
        number = 0
        instruments = instrumented(self.score, self.wearing, self.seed)
        for block in range(self._blocks()):
            for item in self._block(block, instruments):
                heapq.heappush(waiting, (item.arrival_ns, number, item))
                number += 1
            until = (block + 1) * SECONDS * 1_000_000_000
            batch = []
            while waiting and (waiting[0][0] < until or block + 1 == self._blocks()):
                batch.append(heapq.heappop(waiting)[2])
            yield batch

    def truth_chunks(self) -> Iterator[truth.Chunk]:
        """The truth at 100 Hz, a minute at a time, from t_s = 0 to the end."""
        last = int(np.floor(self.duration * GRID_HZ)) + 1
        step = round(SECONDS * GRID_HZ)
        for first in range(0, last, step):
            yield truth.chunk(self.score, self.lifts, first, min(first + step, last), self.wearing.sites)

    def _blocks(self) -> int:
        return max(int(np.ceil(self.duration / SECONDS)), 1)

    def _block(self, block: int, instruments: Instruments) -> Iterator[Input]:
        yield from _ticks(self, block)
        yield from _markers(self, block)
        start, end = block * SECONDS, min((block + 1) * SECONDS, self.duration)
        yield from packets(self.wearing, instruments, start, end, block)


def packets(wearing: Wearing, instruments: Instruments, start: float, end: float, block: int) -> Iterator[Packet]:
    """What the sensors send of the time from ``start`` to ``end`` s; ``block`` numbers the draw of chance."""
    # A packet that begins before the end may reach beyond it; so may a clock's offset.
    reach = PER_PACKET / wearing.rate_hz + 0.1
    ideal = instruments.ideal.read(round(start * GRID_HZ) - 10, round((end + reach) * GRID_HZ) + 10)
    for site in wearing.sites:
        clock = instruments.clocks[site]
        first, stop = (-(-clock.first_after(t) // PER_PACKET) for t in (start, end))
        if first < stop:
            times = clock.times(first * PER_PACKET, stop * PER_PACKET)
            acc, gyr = _at(site, wearing.faults, ideal, times)
            acc, gyr = instruments.defects[site].read(times, acc, gyr, wearing.rate_hz, block)
            stamps = clock.stamps_ns(times, block)
            payloads = hiphinge_imu.encode_many(first, stamps, acc, gyr, PER_PACKET)
            yield from instruments.traffic.send(site, payloads, stamps[PER_PACKET - 1 :: PER_PACKET], block)


@dataclass(frozen=True)
class Instruments:
    """What takes the readings: one of each a sensor."""

    ideal: Ideal
    defects: dict[str, Defects]
    clocks: dict[str, Clock]
    traffic: Traffic


def instrumented(score: Score, wearing: Wearing, seed: int) -> Instruments:
    """The instruments of one wearing."""
    mounts = {site: _mount(site, wearing, seed) for site in _touched(wearing)}
    softness = wearing.imperfections.rocking
    return Instruments(
        Ideal(score, mounts, softness, wearing.faults, seed),
        {site: Defects(wearing.imperfections, seed, i) for i, site in enumerate(wearing.sites)},
        {site: Clock(wearing.clocks, wearing.rate_hz, seed, i) for i, site in enumerate(wearing.sites)},
        Traffic(wearing.faults, wearing.sites, seed),
    )


def _touched(wearing: Wearing) -> tuple[str, ...]:
    """The sites where a sensor sits at any time, by mistake too."""
    swaps = [f for f in wearing.faults if isinstance(f, Swapped)]
    mistaken = {other for f in swaps for site, other in ((f.site, f.other), (f.other, f.site)) if site in wearing.sites}
    return tuple(site for site in SITES if site in wearing.sites or site in mistaken)


def _mount(site: str, wearing: Wearing, seed: int) -> placement.Quaternion:
    q = placement.mount(site, wearing.habit, seed)
    if any(isinstance(f, UpsideDown) and f.site == site for f in wearing.faults):
        w, x, y, z = placement.upside_down(q).tolist()
        return w, x, y, z
    return q


def _at(site: str, faults: Sequence[Fault], ideal: dict[str, Readings], times: Floats) -> tuple[Floats, Floats]:
    """Ideal readings of the sensor that goes by this name, wherever it is worn by mistake."""
    acc, gyr = (_between(x, ideal[site].first, times) for x in (ideal[site].acc, ideal[site].gyr))
    for fault in faults:
        if isinstance(fault, Swapped) and site in (fault.site, fault.other) and times[-1] >= fault.start:
            there = ideal[fault.other if site == fault.site else fault.site]
            late = times[:, None] >= fault.start
            acc = np.where(late, _between(there.acc, there.first, times), acc)
            gyr = np.where(late, _between(there.gyr, there.first, times), gyr)
    return acc, gyr


def _between(x: Floats, first: int, times: Floats) -> Floats:
    """Values (n, 3) at ``times`` s of x on the grid from instant ``first`` on: Lagrange, six points."""
    at = times * GRID_HZ
    base = np.floor(at).astype(np.int64)
    u = at - base
    nodes = np.arange(-2, 4)
    total = np.zeros((len(times), x.shape[1]))
    for node in nodes:
        others = nodes[nodes != node]
        weight = np.prod([(u - other) / (node - other) for other in others], axis=0)
        total += weight[:, None] * x[base - first + node]
    return total


def _ticks(simulation: Simulation, block: int) -> Iterator[Tick]:
    start = simulation.wearing.start_utc_ns
    for second in range(block * SECONDS, int(min((block + 1) * SECONDS, np.ceil(simulation.duration) + 1))):
        at = second * 1_000_000_000
        if start is None:
            yield Tick(at)
        else:
            yield Tick(at, start + at, simulation.wearing.utc_offset_s, f"simulated-{simulation.seed}")


def _markers(simulation: Simulation, block: int) -> Iterator[Control]:
    """What the wearer marked, told at the end of the marked span."""
    for mark in simulation.markers:
        if block == int(mark.end // SECONDS):
            yield to_control(Marker(mark.label, round(mark.start, 3), round(mark.end, 3)))
