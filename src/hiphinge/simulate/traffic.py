"""The way of the packets through the air: delays, losses, stalls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hiphinge.blocks import Packet, Times
from hiphinge.devices import hiphinge_imu
from hiphinge.simulate.faults import Dead, Fault, Gap, Loss, Stall

DELAY = (0.020, 0.050)
"""s from the last sample of a packet to its arrival: one or two connection intervals."""


class Traffic:
    """What arrives of what was sent, and when."""

    def __init__(self, faults: Sequence[Fault], sites: Sequence[str], seed: int) -> None:
        self._faults, self._sites, self._seed = tuple(faults), tuple(sites), seed

    def send(self, site: str, payloads: Sequence[bytes], last_ns: Times, block: int) -> Iterator[Packet]:
        """Packets of one sensor of one block; ``last_ns`` (n,) stamps of their last samples."""
        rng = np.random.default_rng([self._seed, 9, self._sites.index(site), block])
        delay = rng.uniform(*DELAY, len(payloads))
        lost = rng.uniform(size=len(payloads)) < self._loss(site)
        sent = last_ns / 1e9
        arrival = np.maximum.accumulate(sent + delay)
        for fault in self._faults:
            if isinstance(fault, Gap | Dead) and fault.site == site:
                lost |= (sent >= fault.start) & (sent < fault.start + getattr(fault, "duration", np.inf))
            if isinstance(fault, Stall) and fault.site == site:
                held = (arrival >= fault.start) & (arrival < fault.start + fault.duration)
                arrival = np.where(held, fault.start + fault.duration, arrival)
        for payload, when, gone in zip(payloads, arrival.tolist(), lost.tolist(), strict=True):
            if not gone:
                yield Packet(site, hiphinge_imu.CHARACTERISTIC, round(when * 1e9), payload)

    def _loss(self, site: str) -> float:
        return sum(f.share for f in self._faults if isinstance(f, Loss) and f.site in ("", site))
