"""Virtual wearers before the wizard: their log, their markers, and how the sensors truly sit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from hiphinge import monitor, rotation, simulate, wizard
from hiphinge.blocks import Floats, Input, MotionBlock, Packet
from hiphinge.devices import hiphinge_imu
from hiphinge.intake import Intake
from hiphinge.simulate import placement
from hiphinge.simulate.movements import Movement
from hiphinge.wizard import Span, join

FULL = ("upper_lumbar", "sacrum", "thigh_right")
CALIBRATION = tuple(simulate.calibration())
PURE = simulate.Wearer(impurity=0.0, askew=0.0, spread=0.0)
"""Moves in the sagittal plane alone."""


@dataclass(frozen=True)
class Worn:
    """A session that was worn: everything in arrival's order, and the truth."""

    played: simulate.Simulation
    log: list[Input]

    @property
    def params(self) -> monitor.Params:
        return monitor.Params(sensors=self.played.sensors)

    @property
    def spans(self) -> tuple[Span, ...]:
        """As marked."""
        return wizard.marked(self.log)

    @property
    def motion(self) -> MotionBlock:
        """All of it on the grid."""
        intake = Intake(self.params)
        return join([*intake.take(self.log), *intake.finish()])

    def q_s_b(self, site: str) -> Floats:
        """The true mounting."""
        wearing = self.played.wearing
        q_b_s = placement.mount(site, wearing.habit, self.played.seed)
        if any(isinstance(f, simulate.UpsideDown) and f.site == site for f in wearing.faults):
            w, x, y, z = placement.upside_down(q_b_s).tolist()
            q_b_s = w, x, y, z
        return rotation.conjugate(q_b_s)

    def off_deg(self, site: str, q_s_b: Sequence[float]) -> float:
        """How far a mounting is from the true one."""
        off = rotation.multiply(rotation.conjugate(q_s_b), self.q_s_b(site))
        return float(np.rad2deg(2 * np.arctan2(np.linalg.norm(off[1:]), abs(off[0]))))


@cache
def worn(
    movements: tuple[Movement, ...] = CALIBRATION,
    *,
    sites: tuple[str, ...] = FULL,
    seed: int = 1,
    wearer: simulate.Wearer | None = None,
    faults: tuple[simulate.Fault, ...] = (),
    perfect: bool = False,
) -> Worn:
    """A calibration, or these movements; kept, so that tests may share it."""
    errors = simulate.PERFECT if perfect else simulate.Imperfections()
    wearing = simulate.Wearing(sites=sites, faults=faults, imperfections=errors)
    played = simulate.wear(movements, wearer=wearer, wearing=wearing, seed=seed)
    return Worn(played, [one for batch in played.batches() for one in batch])


def without_gyroscope(log: Iterable[Input], *sites: str) -> list[Input]:
    """The same as sensors send it that have none."""
    return [_blind(one) if isinstance(one, Packet) and one.sensor in sites else one for one in log]


def _blind(packet: Packet) -> Packet:
    block, *_ = hiphinge_imu.Decoder(packet.sensor).decode([packet])
    payload = hiphinge_imu.encode(0, block.t_ns, block.acc, np.full_like(block.gyr, np.nan))
    return packet._replace(payload=payload)


def deaf(session: Worn, *sites: str) -> Worn:
    """The same session with sensors that have no gyroscope."""
    return replace(session, log=without_gyroscope(session.log, *sites))
