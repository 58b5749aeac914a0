"""The person who wears the sensors: sizes, ranges, habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Wearer:
    """A body and its habits, in m, rad and s.

    height : m; segment lengths are shares of it (Winter 2009, table 4.1).
    max_lumbar : own maximal lumbar flexion; 52 ± 11° by T12-S2 sensors (Laird 2018).
    max_pelvis : pelvis tilt in a full bend; 59 ± 15° (Laird 2018).
    pelvis_lag : s by which the pelvis is behind the spine in a bend of 2.3 s;
        0.21 to 0.36 s (Laird 2019).
    askew : how far the plane of bending is off the sagittal plane.
    impurity : scale of side-bend, twist and turning mixed into every movement; 1
        brings the explained share of the bend's axis to that of real people, 0 none.
    sway : rad rms of quiet standing.
    spread : thighs apart in standing movements, more in squats and sitting.
    seated, slumped, tall : lumbar flexion of sitting as usual, slumped and upright;
        43 to 79 % of the maximum at a desk (Appl Ergon 2024 104374).
    """

    name: str = "virtual"
    height: float = 1.75
    max_lumbar: float = np.deg2rad(56.0)
    max_pelvis: float = np.deg2rad(52.0)
    pelvis_lag: float = 0.30
    askew: float = np.deg2rad(3.0)
    impurity: float = 1.0
    sway: float = np.deg2rad(0.35)
    spread: float = np.deg2rad(6.0)
    seated: float = np.deg2rad(27.0)
    slumped: float = np.deg2rad(42.0)
    tall: float = np.deg2rad(9.0)

    @property
    def shank(self) -> float:
        """Ankle to knee, m."""
        return 0.246 * self.height

    @property
    def thigh(self) -> float:
        """Knee to hip, m."""
        return 0.245 * self.height

    @property
    def max_trunk(self) -> float:
        """Trunk inclination of a full bend, rad."""
        return self.max_lumbar + self.max_pelvis

    def natural_lumbar(self, trunk: float) -> float:
        """Lumbar flexion rad of an uncoached bend to this trunk inclination rad.

        Early from the spine, late from the hips: tanh goes through 0.51, 0.82
        and 0.96 of the maximum where Esola 1996 found 0.47, 0.80 and 1.
        """
        return self.max_lumbar * float(np.tanh(2.0 * trunk / self.max_trunk) / np.tanh(2.0))


def drawn(seed: int) -> Wearer:
    """Somebody: sizes, ranges and habits scattered as among people."""
    rng = np.random.default_rng([seed, 1])
    max_lumbar = np.deg2rad(np.clip(rng.normal(55, 9), 38, 78))
    return Wearer(
        height=float(np.clip(rng.normal(1.72, 0.09), 1.5, 1.98)),
        max_lumbar=float(max_lumbar),
        max_pelvis=float(np.deg2rad(np.clip(rng.normal(54, 9), 35, 75))),
        pelvis_lag=float(rng.uniform(0.20, 0.40)),
        askew=float(np.deg2rad(rng.normal(0, 3))),
        impurity=float(rng.uniform(0.6, 1.2)),
        sway=float(np.deg2rad(rng.uniform(0.25, 0.5))),
        spread=float(np.deg2rad(rng.uniform(3, 10))),
        seated=float(max_lumbar * rng.uniform(0.43, 0.60)),
        slumped=float(max_lumbar * rng.uniform(0.70, 0.79)),
        tall=float(max_lumbar * rng.uniform(0.10, 0.22)),
    )
