"""The few frozen types that flow between the rooms.

Units are SI (m/s², rad/s, rad, s); a name with a suffix (``_ns``, ``_deg``)
says otherwise. Frames and signs: docs/frames.md. ``n`` counts instants,
``k`` sensors. Arrays inside a block are never changed once it is built.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate, pairwise, repeat
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.uint8]
Bools = NDArray[np.bool_]
LATEST_S = 9.2e9
"""Whole nanoseconds in 64 bits (Times) end here, 292 years on."""

GRAVITY = 9.80665
"""m/s², standard: 1 g of any sensor. The real one differs by up to 0.3 % with the place, a scale that no angle sees."""

UPPER_LUMBAR, SACRUM = TRUNK = "upper_lumbar", "sacrum"
THIGH_LEFT, THIGH_RIGHT = THIGHS = "thigh_left", "thigh_right"
SITES = (*TRUNK, *THIGHS)
"""Body sites, in the order that every block keeps."""

# Quality of one sensor at one instant; bits of ``flags``.
FILLED, CLIPPED, MISSING, SETTLING = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
"""Bridged over a short gap; at the end of its range; absent; not yet sure after a gap."""
DOUBT = FILLED | CLIPPED | MISSING | SETTLING
LEVEL_ONLY = np.uint8(16)
"""No gyroscope: the inclination is known, the heading is not."""


# --- Inputs: everything that may change an outcome -------------------------------------


class Packet(NamedTuple):
    """One notification of a sensor, as it came.

    ``sensor`` is its address or id, ``characteristic`` names the layout of
    ``payload`` within the device, ``arrival_ns`` is the host's monotonic clock.
    A tuple, unlike its siblings: a day has a million of them, and it is made in
    half the time.
    """

    sensor: str
    characteristic: str
    arrival_ns: int
    payload: bytes


packet_of = partial(tuple.__new__, Packet)
"""A Packet from its fields in order, without the call in Python that a NamedTuple makes: a day has a million."""


class PacketRun(NamedTuple):
    """Packets of one sensor and characteristic, nothing but packets of other sensors between them, in one piece.

    ``arrivals_ns`` and ``lengths`` of the payloads, one a packet; ``payloads`` joined. It says what
    :meth:`packets` say, and a day of it is read and decoded in half the time.
    """

    sensor: str
    characteristic: str
    arrivals_ns: tuple[int, ...]
    lengths: tuple[int, ...]
    payloads: bytes

    @property
    def arrival_ns(self) -> int:
        """The latest arrival."""
        return max(self.arrivals_ns)

    def packets(self) -> Iterator[Packet]:
        """One by one."""
        cuts = pairwise(accumulate(self.lengths, initial=0))
        bodies = (self.payloads[a:b] for a, b in cuts)
        return map(packet_of, zip(repeat(self.sensor), repeat(self.characteristic), self.arrivals_ns, bodies))


@dataclass(frozen=True, slots=True)
class Control:
    """What the wearer or a script asked for; ``value`` is JSON text or empty."""

    arrival_ns: int
    action: str
    value: str = ""

    @property
    def said(self) -> object:
        """``value`` as JSON means it, else as plain text; None where it is empty."""
        try:
            return json.loads(self.value) if self.value else None
        except (ValueError, RecursionError):
            return self.value

    def minutes(self, otherwise: float) -> float:
        """The minutes that it names, in s; ``otherwise`` s where it names none."""
        named = self.said
        if isinstance(named, bool) or not isinstance(named, int | float) or not 0 <= named < math.inf:
            return otherwise
        return named * 60.0


@dataclass(frozen=True, slots=True)
class Link:
    """What became of a sensor's connection: connected, lost, configured, battery."""

    arrival_ns: int
    sensor: str
    state: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went on. With ``utc_ns`` it is a clock pair (wall clock, zone, boot)."""

    arrival_ns: int
    utc_ns: int | None = None
    utc_offset_s: int | None = None
    boot_id: str = ""


Input = Packet | Control | Link | Tick
"""What a recording numbers and keeps."""
Fed = Input | PacketRun
"""What a monitor takes; runs of several sensors that lie side by side in time belong into one ``feed``."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question for the time and its answer: host sends, device receives, device sends, host receives.

    ``host_…`` ns on the host's monotonic clock, ``tick_…`` ns on the device's, unwrapped.
    """

    host_sent_ns: int
    tick_received_ns: int
    tick_sent_ns: int
    host_received_ns: int


# --- Blocks: what one stage hands to the next ------------------------------------------


@dataclass(frozen=True, slots=True)
class ImuBlock:
    """Samples of one sensor, in its own axes, on the host's clock.

    ``t_ns`` (n,) rising; ``acc`` (n, 3) specific force; ``gyr`` (n, 3), NaN
    where the sensor has no gyroscope; ``arrival_ns`` (n,) when each was heard;
    ``clipped`` (n,) at the end of the sensor's range.
    """

    sensor: str
    t_ns: Times
    acc: Floats
    gyr: Floats
    arrival_ns: Times
    clipped: Bools

    def __len__(self) -> int:
        return len(self.t_ns)


@dataclass(frozen=True, slots=True)
class MotionBlock:
    """All worn sensors on one time grid, in their own axes.

    ``t`` (n,) s; ``acc``, ``gyr`` (k, n, 3), NaN where MISSING; ``flags`` (k, n).
    """

    t: Floats
    sites: tuple[str, ...]
    acc: Floats
    gyr: Floats
    flags: Flags

    def __len__(self) -> int:
        return len(self.t)


@dataclass(frozen=True, slots=True)
class OrientationBlock:
    """Attitude of every sensor: ``q_e_s`` (k, n, 4) w x y z, heading arbitrary.

    ``inclination_sd`` (k, n) rad is one standard deviation of its tilt.
    """

    t: Floats
    sites: tuple[str, ...]
    q_e_s: Floats
    inclination_sd: Floats
    flags: Flags

    def __len__(self) -> int:
        return len(self.t)


@dataclass(frozen=True, slots=True)
class SegmentBlock:
    """Attitude of every worn segment: ``q_e_b`` (k, n, 4), axes x forward, y up, z right.

    ``inclination_sd`` and ``flags`` as in :class:`OrientationBlock`;
    ``related`` (k, n): its heading is in that of the pelvis.
    """

    t: Floats
    sites: tuple[str, ...]
    q_e_b: Floats
    inclination_sd: Floats
    flags: Flags
    related: Bools

    def __len__(self) -> int:
        return len(self.t)


@dataclass(frozen=True, slots=True)
class AngleBlock:
    """Body angles by name, each (n,) rad; NaN means: cannot be known here.

    ``flags`` (n,) is the union over the sensors that are worn. Names carry no
    unit here; outside they end in ``_deg``.
    """

    t: Floats
    angles: Mapping[str, Floats]
    flags: Flags

    def __len__(self) -> int:
        return len(self.t)

    def __getitem__(self, name: str) -> Floats:
        return self.angles[name]


# --- Outcomes --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the wearer at ``t`` s: a phase, a mark, a note."""

    t: float
    kind: str
    data: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def number(self, name: str) -> float:
        """The number called ``name``, to a billionth: further digits depend on how the inputs were grouped."""
        return round(float(self.data[name]), 9)  # type: ignore[arg-type]  # events carry plain numbers


@dataclass(frozen=True, slots=True)
class Repetition:
    """One lift, hinge, squat or stoop; angles in rad, times in s.

    NaN (or None for ``rounded``): not observable with the worn sensors.
    """

    rep: int
    set: int
    start: float
    bottom: float
    end: float
    kind: str
    peak_lumbar_flexion: float
    peak_lumbar_share: float
    peak_hip_flexion: float
    lumbar_hip_ratio: float
    peak_lumbar_velocity: float
    depth: float
    butt_wink: float
    pelvis_lag: float
    lowering: float
    lifting: float
    duration: float
    rounded: bool | None
    rounded_from: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Bout:
    """A spell of one posture, ``start`` to ``end`` s; ``slouch`` share 0 to 1 or NaN."""

    start: float
    end: float
    posture: str
    slouch: float = float("nan")


@dataclass(frozen=True, slots=True)
class Alert:
    """A message to the wearer, with the reason in numbers (``value``, ``threshold``)."""

    t: float
    kind: str
    severity: str
    message: str
    value: float
    threshold: float
    rule: str
    calibration_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one ``feed`` brought: angles at the grid instants that became known, and the rest.

    ``alerts`` are for the record, ``cues`` for the wearer, at once: kinds of
    alerts, and "good" and "set_note" in a set that the wearer began. ``counted``:
    repetitions as soon as they count; in ``repetitions`` once their end is seen too.
    """

    angles: AngleBlock
    events: tuple[Event, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    bouts: tuple[Bout, ...] = ()
    alerts: tuple[Alert, ...] = ()
    cues: tuple[Alert, ...] = ()
    counted: tuple[Repetition, ...] = ()


# --- Who wears what --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor: its id in the log, the device that decodes it, the site it is worn on."""

    sensor: str
    device: str
    site: str


@dataclass(frozen=True, slots=True)
class SensorCalibration:
    """A sensor's own errors: true = scale · (measured − bias).

    ``gyr_bias`` (3,) rad/s, ``gyr_scale`` (3,) along the axes; ``acc_bias``
    (3,) m/s², ``acc_scale`` (3, 3).
    """

    gyr_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    acc_bias: tuple[float, float, float] = (0.0, 0.0, 0.0)
    acc_scale: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    gyr_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a sensor sits on its segment: ``q_s_b`` w x y z, and how well that is known.

    ``tilt_sd`` rad of the standing zero, ``axis_sd`` rad of the mediolateral
    axis about the vertical, ``axis_share`` explained share (NaN: not from
    movement), ``axis_from`` the movement that gave it ("" : unknown heading).
    """

    q_s_b: tuple[float, float, float, float]
    tilt_sd: float
    axis_sd: float
    axis_share: float
    axis_from: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """A wearer with these sensors on: zero, axes, own range. NaN or absent: not known.

    ``max_lumbar_flexion`` rad (own range, from the bends), ``max_hip_flexion``
    rad, ``upright`` and ``slump`` lumbar flexion rad of sitting tall and
    slumped. ``verdict`` in words; ``missing`` names what could not be had.
    """

    id: str
    created_utc: str
    wearer: str
    sensors: Mapping[str, SensorCalibration]
    mountings: Mapping[str, Mounting]
    max_lumbar_flexion: float = float("nan")
    max_hip_flexion: float = float("nan")
    upright: float = float("nan")
    slump: float = float("nan")
    verdict: str = ""
    missing: tuple[str, ...] = ()
    movements: tuple[tuple[float, float], ...] = ()
