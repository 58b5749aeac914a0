"""Motion capture in Acclaim's format (ASF skeleton, AMC motion), played as a movement.

The local rotation of a bone is C Rz Ry Rx C⁻¹ with C its ``axis``; world y is
up. Angles count from the take's first frame, since the skeleton's zero pose
is no standing: whoever is captured stands there as far as we know.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import make_interp_spline
from scipy.signal import butter, filtfilt

from hiphinge import rotation
from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.errors import InputError
from hiphinge.simulate import skeleton
from hiphinge.simulate.score import COORDINATES, Score, Span, Track
from hiphinge.simulate.wearer import Wearer

FilePath = str | os.PathLike[str]

CHAINS = {
    SACRUM: ("root",),
    UPPER_LUMBAR: ("root", "lowerback", "upperback", "thorax"),
    THIGH_LEFT: ("root", "lfemur"),
    THIGH_RIGHT: ("root", "rfemur"),
}
"""Bones from the root to each segment; the thorax carries the upper_lumbar sensor."""
CUTOFF_HZ = 6.0
"""Marker noise lies above, voluntary movement of the trunk below."""
INCH = 0.0254
Z_UP = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""World y up -> z up."""
TRAVEL = 0.5
"""Metres of net travel from which the path is kept near its start: gone evenly, it cannot be felt."""
EXCURSION = np.deg2rad(35.0)
"""Trunk or thigh excursion from which a take is counted as a lift (as in the scoring of captured takes)."""


@dataclass(frozen=True)
class Skeleton:
    """Of an ASF file: ``axes`` (3,) rad and ``dof`` of every bone, ``length`` m of its unit."""

    axes: Mapping[str, Floats]
    dof: Mapping[str, tuple[str, ...]]
    length: float


@dataclass(frozen=True)
class Captured:
    """A take from a pose that counts as standing, played from rest to rest.

    ``coordinates`` name -> (n,) at ``rate_hz``; ``spine_share`` scales lumbar
    flexion on the same trunk path.
    """

    name: str
    coordinates: Mapping[str, Floats]
    rate_hz: float = 120.0
    spine_share: float = 1.0
    ease: float = 0.4
    back: float = 1.5

    def play(self, score: Score) -> None:
        """Write and advance; at the end the body goes back to standing."""
        played = dict(self.coordinates)
        played["lumbar"] = self.spine_share * played["lumbar"]
        seconds = (len(played["trunk"]) - 1) / self.rate_hz
        end = score.now + seconds + self.ease
        for name, values in played.items():
            curve = make_interp_spline(np.arange(len(values)) / self.rate_hz, values - values[0], k=5)
            score.tracks[name].append(Track(score.now, seconds, self.ease, curve))
        self._count(score, played, end)
        score.now = end
        for name, values in played.items():
            if name not in ("heading", "forward", "leftward"):
                score.move(name, score.levels[name] - float(values[-1] - values[0]), self.back)
                score.levels[name] = 0.0
        score.now += self.back

    def _count(self, score: Score, played: Mapping[str, Floats], end: float) -> None:
        deep = [np.ptp(played[c]) for c in ("trunk", "thigh_left", "thigh_right")]
        if max(deep) >= EXCURSION:
            lowest = played["trunk"] + np.maximum(played["thigh_left"], played["thigh_right"])
            bottom = score.now + self.ease / 2 + float(lowest.argmax()) / self.rate_hz
            score.spans.append(Span(self.name, score.now, bottom, end, self.spine_share))


def capture(asf: FilePath, amc: FilePath, *, rate_hz: float = 120.0, spine_share: float = 1.0) -> Captured:
    """Read a take; raises InputError for a file that is none."""
    bones = read_asf(asf)
    frames = read_amc(amc, bones)
    q_e_b = _attitudes(bones, frames, rate_hz)
    path = _filtered(frames["root"][:, :3] * bones.length, rate_hz)
    return Captured(Path(amc).name, _coordinates(q_e_b, path), rate_hz, spine_share)


def read_asf(path: FilePath) -> Skeleton:
    """Axes and degrees of freedom of every bone."""
    axes: dict[str, Floats] = {"root": np.zeros(3)}
    dof: dict[str, tuple[str, ...]] = {}
    length, name, section = 1.0, "", ""
    for words in _lines(path):
        section = words[0] if words[0].startswith(":") else section
        if words[0] == "length" and section == ":units":
            length = _number(path, words[1])
        elif words[0] == "order" and section == ":root":
            dof["root"] = tuple(w.lower() for w in words[1:])
        elif words[0] == "name":
            name = words[1]
        elif words[0] == "axis" and section == ":bonedata":
            axes[name] = np.deg2rad([_number(path, w) for w in words[1:4]])
        elif words[0] == "dof":
            dof[name] = tuple(w.lower() for w in words[1:])
    needed = {bone for chain in CHAINS.values() for bone in chain}
    if missing := sorted(b for b in needed if b not in axes or b not in dof):
        raise InputError(
            f"{path}: bone {missing[0]} is missing, expected an ASF skeleton with {', '.join(sorted(needed))}."
        )
    return Skeleton(axes, dof, INCH / length)


def read_amc(path: FilePath, bones: Skeleton) -> dict[str, Floats]:
    """Every needed bone's values (n, dof), degrees and file units, frame by frame."""
    needed = {bone for chain in CHAINS.values() for bone in chain}
    rows: dict[str, list[list[float]]] = {bone: [] for bone in needed}
    for words in _lines(path):
        if words[0] in needed:
            rows[words[0]].append([_number(path, w) for w in words[1:]])
    frames = len(rows["root"])
    for bone, values in rows.items():
        if len(values) != frames or frames < 12 or any(len(v) != len(bones.dof[bone]) for v in values):
            raise InputError(
                f"{path}: {len(values)} frames of {bone}, expected at least 12 and as many of every bone. "
                f"The file may be cut short or belong to another skeleton."
            )
    return {bone: np.array(values) for bone, values in rows.items()}


def _lines(path: FilePath) -> Sequence[list[str]]:
    raw = Path(path).read_bytes()
    try:
        text = (gzip.decompress(raw) if str(path).endswith(".gz") else raw).decode("latin-1")
    except (OSError, EOFError) as e:
        raise InputError(f"{path}: no whole gzip file ({e}), expected ASF or AMC text.") from e
    return [words for line in text.splitlines() if (words := line.split()) and not words[0].startswith("#")]


def _number(path: FilePath, word: str) -> float:
    try:
        return float(word)
    except ValueError as e:
        raise InputError(f"{path}: {word!r}, expected a number. The file seems to be damaged.") from e


def _attitudes(bones: Skeleton, frames: Mapping[str, Floats], rate_hz: float) -> dict[str, Floats]:
    """q_e_b (n, 4), square in the first frame, heading 0 there, smoothed."""
    world = {site: _chain(chain, bones, frames) for site, chain in CHAINS.items()}
    ahead = rotation.rotate(world[SACRUM][0], np.array([0.0, 0.0, 1.0]))
    heading = rotation.about_vertical(-np.arctan2(ahead[1], ahead[0]))
    found = {}
    for site, q in world.items():
        since = rotation.multiply(q, rotation.conjugate(q[0]))
        turned = rotation.multiply(rotation.multiply(heading, since), rotation.conjugate(heading))
        found[site] = _smoothed(rotation.multiply(turned, _upright()), rate_hz)
    return found


def _chain(chain: Sequence[str], bones: Skeleton, frames: Mapping[str, Floats]) -> Floats:
    """Attitude (n, 4) of the last bone, world z up."""
    q = np.broadcast_to(Z_UP, (len(frames["root"]), 4))
    for bone in chain:
        q = rotation.multiply(q, _local(bone, bones, frames[bone]))
    return q


def _local(bone: str, bones: Skeleton, values: Floats) -> Floats:
    about = {d: np.deg2rad(values[:, i]) for i, d in enumerate(bones.dof[bone]) if d.startswith("r")}
    c = _euler(*bones.axes[bone][:, None])
    still = np.zeros(len(values))
    turn = _euler(about.get("rx", still), about.get("ry", still), about.get("rz", still))
    return rotation.multiply(rotation.multiply(c, turn), rotation.conjugate(c))


def _euler(x: Floats, y: Floats, z: Floats) -> Floats:
    """Quaternion (n, 4) of Rz Ry Rx."""
    turns = [rotation.from_rotvec(np.outer(a, axis)) for a, axis in zip((z, y, x), np.eye(3)[::-1], strict=True)]
    return rotation.multiply(rotation.multiply(turns[0], turns[1]), turns[2])


def _smoothed(q: Floats, rate_hz: float) -> Floats:
    """Low-passed attitude (n, 4), continuous in sign."""
    flips = np.cumprod(np.concatenate(([1.0], np.where((q[1:] * q[:-1]).sum(axis=1) < 0, -1.0, 1.0))))
    slow = _filtered(q * flips[:, None], rate_hz)
    return slow / np.linalg.norm(slow, axis=1, keepdims=True)


def _filtered(x: Floats, rate_hz: float) -> Floats:
    b, a = butter(2, CUTOFF_HZ / (rate_hz / 2))
    return filtfilt(b, a, x, axis=0, padlen=min(3 * len(b) * 4, len(x) - 1))


def _coordinates(q_e_b: Mapping[str, Floats], path: Floats) -> dict[str, Floats]:
    """The score's coordinates of these attitudes; the inverse of the skeleton. path (n, 3) m, y up."""
    m = rotation.to_matrix(rotation.multiply(rotation.conjugate(_upright()), q_e_b[SACRUM]))
    found = {name: np.zeros(len(path)) for name in COORDINATES}
    found["heading"] = np.unwrap(np.arctan2(m[:, 0, 2], m[:, 2, 2]))
    found["roll"] = -np.arcsin(np.clip(m[:, 1, 2], -1.0, 1.0))
    tilt = np.unwrap(-np.arctan2(m[:, 1, 0], m[:, 1, 1]))
    back, found["side_bend"], found["rotation"] = _cardan(q_e_b[SACRUM], q_e_b[UPPER_LUMBAR])
    found["lumbar"] = -back
    found["trunk"] = tilt + found["lumbar"]
    around = skeleton.root(found)
    found["thigh_left"], found["spread_left"], inward = _cardan(around, q_e_b[THIGH_LEFT])
    found["turn_left"] = -inward
    found["thigh_right"], outward, found["turn_right"] = _cardan(around, q_e_b[THIGH_RIGHT])
    found["spread_right"] = -outward
    _place(found, path)
    return found


def _upright() -> Floats:
    return skeleton.root({"heading": np.zeros(1), "roll": np.zeros(1)})[0]


def _cardan(q_e_a: Floats, q_e_b: Floats) -> tuple[Floats, Floats, Floats]:
    z, x, y = rotation.cardan_zxy(rotation.multiply(rotation.conjugate(q_e_a), q_e_b))
    return np.unwrap(z), x, np.unwrap(y)


def _place(found: dict[str, Floats], path: Floats) -> None:
    """Put the hips on the captured path: what legs of the skeleton do not explain goes into the offsets."""
    moved = rotation.rotate(np.array(Z_UP), path - path[0])
    if np.linalg.norm(moved[-1, :2]) > TRAVEL:
        u = np.linspace(-1.0, 1.0, len(moved))
        moved[:, :2] -= np.polynomial.polynomial.polyval(u, np.polynomial.polynomial.polyfit(u, moved[:, :2], 3)).T
    wearer = Wearer()
    hips = skeleton.hips(found, wearer)
    captured = rotation.rotate(rotation.conjugate(skeleton.root(found)), moved + np.array([0.0, 0.0, hips[0, 1]]))
    found["forward"], found["upward"], right = (captured - hips).T
    found["leftward"] = -right
