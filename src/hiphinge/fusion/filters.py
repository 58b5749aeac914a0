"""The orientation filters behind one verb: VQF, three of the package ahrs, gravity alone.

All give q_e_s with gravity up on the earth's z; heading is arbitrary.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from hiphinge.blocks import Floats
from hiphinge.errors import SettingsError
from hiphinge.fusion.low_pass import LowPass

try:
    from vqf import VQF
except ImportError:  # no wheel for this machine and no compiler: a filter of ahrs steps in
    VQF = None

FALLBACK = "madgwick"
"""The steadiest of ahrs: its worst trial of BROAD is 4°, that of the EKF 10 (docs/measures/filters.json)."""

SD_FACTOR = {"vqf": 1.0, "madgwick": 3.0, "ekf": 4.0, "mahony": 5.0, "gravity": 4.0}
"""How much larger the inclination error is than VQF's, from the same trials."""


class Filter(Protocol):
    """A filter with state."""

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """Gyr rad/s, acc m/s² (n, 3) -> q_e_s (n, 4), carrying on from the last call."""
        ...

    def resume(self) -> None:
        """Forget the attitude after a gap; keep what is known of the sensor."""
        ...


def available(name: str) -> str:
    """The filter that will run when ``name`` is asked for: itself, or the stand-in for vqf."""
    return FALLBACK if name == "vqf" and VQF is None else name


def make_filter(name: str, rate: float, tau_acc: float) -> Filter:
    """A new filter; unknown names raise SettingsError."""
    name = available(name)
    if name == "vqf":
        return VqfFilter(rate, tau_acc)
    if name == "gravity":
        return GravityFilter(rate)
    if name in ("madgwick", "mahony", "ekf"):
        return AhrsFilter(name, rate)
    raise SettingsError(
        f"orientation.filter: {name!r}, expected vqf, madgwick, mahony, ekf or gravity.", name="orientation.filter"
    )


class VqfFilter:
    """VQF 6-axis with its own rest and motion bias estimation (library defaults but tau_acc)."""

    def __init__(self, rate: float, tau_acc: float) -> None:
        self._build = lambda: VQF(1.0 / rate, tauAcc=tau_acc)
        self._vqf = self._build()

    def resume(self) -> None:
        """See :class:`Filter`: the gyroscope's bias and its uncertainty are kept."""
        bias, sigma = self._vqf.getBiasEstimate()
        self._vqf = self._build()
        self._vqf.setBiasEstimate(bias, sigma)

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """gyr, acc (n, 3) -> q_e_s (n, 4): see :class:`Filter`."""
        return self._vqf.updateBatch(np.ascontiguousarray(gyr), np.ascontiguousarray(acc))["quat6D"]


class AhrsFilter:
    """Madgwick, Mahony or EKF of ahrs, one Python call a sample: 80 to 250 µs each."""

    def __init__(self, name: str, rate: float) -> None:
        from ahrs import filters  # noqa: PLC0415  half a second of import that only this filter needs

        self._q: Floats | None = None
        kinds: dict[str, Any] = {"madgwick": filters.Madgwick, "mahony": filters.Mahony, "ekf": filters.EKF}
        self._filter = kinds[name](frequency=rate)
        self._step = self._filter.update if name == "ekf" else self._filter.updateIMU

    def resume(self) -> None:
        """See :class:`Filter`."""
        self._q = None

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """gyr, acc (n, 3) -> q_e_s (n, 4): see :class:`Filter`."""
        out = np.empty((len(gyr), 4))
        q = level(acc[0]) if self._q is None else self._q
        for i in range(len(gyr)):
            q = self._step(q, gyr[i], acc[i])
            out[i] = q
        self._q = q
        return out


class GravityFilter:
    """No gyroscope: the low-passed accelerometer is taken for gravity; heading stays 0."""

    CUTOFF_HZ = 1.0
    """Posture changes are slower, the shocks of steps faster."""

    def __init__(self, rate: float) -> None:
        self._samples = rate / (2 * np.pi * self.CUTOFF_HZ)
        self._low_pass: LowPass | None = None

    def resume(self) -> None:
        """See :class:`Filter`."""
        self._low_pass = None

    def follow(self, gyr: Floats, acc: Floats) -> Floats:
        """Acc (n, 3) -> q_e_s (n, 4): see :class:`Filter`; ``gyr`` is not read."""
        if self._low_pass is None:
            self._low_pass = LowPass(self._samples, acc[0])
        return level(self._low_pass.follow(acc))


def level(up: Floats) -> Floats:
    """The shortest rotation q_e_s (..., 4) that takes ``up`` (..., 3) in s to the earth's z."""
    v = np.asarray(up, float)
    v = v / np.sqrt((v**2).sum(axis=-1, keepdims=True))
    w = 1.0 + v[..., 2]
    flat = w < 1e-9  # upside down: half a turn about x
    q = np.stack((w, v[..., 1], -v[..., 0], np.zeros_like(w)), axis=-1)
    q = np.where(flat[..., None], np.array([0.0, 1.0, 0.0, 0.0]), q)
    return q / np.sqrt((q**2).sum(axis=-1, keepdims=True))
