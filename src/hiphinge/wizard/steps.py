"""What the guide's steps share, and the first that counts, quiet standing.

A step as it happens: what to do, what is seen of it, and when it is over.

Nothing here knows how the sensors sit: only tilt against the wearer's own
standing (``ups``) and how much a sensor moves are looked at. What a step is
worth is judged afterwards, by :mod:`hiphinge.wizard.judge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import SITES, THIGH_LEFT, THIGH_RIGHT, THIGHS, TRUNK, Floats
from hiphinge.wizard.moments import Moment
from hiphinge.wizard.spans import Span

NAN = float("nan")
NAMES = {site: site.replace("_", " ") for site in SITES}
LEGS = {THIGH_LEFT: "left", THIGH_RIGHT: "right"}
OTHER_LEG = {THIGH_LEFT: THIGH_RIGHT, THIGH_RIGHT: THIGH_LEFT}


@dataclass(frozen=True)
class Params:
    """Seconds, counts and limits of the guide; [D] where nothing else is said.

    lead : s to take one's place before a step counts.
    stand : s of quiet standing (biomechanics 0.1). give_up : s after which a stand that never was is refused.
    still : rad/s rms of quiet standing, as ``mounting.Params.still_rate``; a thigh alone that shifts
        for ``twitch`` s by up to twice that is no harm (a real person's did).
    sits, bends : how often. patience : s for a step of movements; pause : s of standing about between two.
    seated : rad of thigh tilt on a seat; a chair of usual height gives 75 to 90°.
    seat_still : s on the seat before it counts. on_seat : rad/s rms of sitting still.
    bent : rad of trunk tilt from which a bend is one (``range_of_motion.Params.depth``);
        ``bent_pelvis`` where the sacrum alone tells: it takes half of it.
    back : rad of tilt that is standing again.
    straight : rad the thigh may tilt in a bend with straight knees; the pelvis's way back takes 10 to 20°.
    again : s of quiet standing after the last bend.
    pose : s of sitting tall, of sitting slumped; settle : s to take the pose, of which ``calm`` s on the seat.
    raised : rad of thigh tilt of a lifted knee. lift : s to lift it in.
    twist : s of twisting together; turning : rad/s rms that each sensor must show.
    keep : s from standing tall after which the guide begins anew: nobody holds a zero so long.
    """

    lead: float = 4.0
    stand: float = 10.0
    give_up: float = 45.0
    still: float = field(default=np.deg2rad(12), metadata={"unit": "rad/s"})
    twitch: float = 1.0
    sits: int = 3
    bends: int = 3
    patience: float = 60.0
    pause: float = 12.0
    seated: float = field(default=np.deg2rad(50), metadata={"unit": "rad"})
    seat_still: float = 0.8
    on_seat: float = field(default=np.deg2rad(25), metadata={"unit": "rad/s"})
    bent: float = field(default=np.deg2rad(40), metadata={"unit": "rad"})
    bent_pelvis: float = field(default=np.deg2rad(22), metadata={"unit": "rad"})
    back: float = field(default=np.deg2rad(15), metadata={"unit": "rad"})
    straight: float = field(default=np.deg2rad(32), metadata={"unit": "rad"})
    again: float = 2.0
    pose: float = 7.0
    settle: float = 4.0
    calm: float = 2.0
    raised: float = field(default=np.deg2rad(35), metadata={"unit": "rad"})
    lift: float = 8.0
    twist: float = 5.0
    turning: float = field(default=np.deg2rad(60), metadata={"unit": "rad/s"})
    keep: float = 600.0


@dataclass(frozen=True, slots=True)
class Over:
    """A step is over: its ``span``, or a ``fault`` that was seen already, in ``words``; ``sites`` it is about."""

    span: Span
    fault: str = ""
    words: str = ""
    sites: tuple[str, ...] = ()


class Step:
    """What every step shares; ``began`` is the s at which it was asked for."""

    name = ""
    site = ""
    seen = "Seen."
    repeats = 0
    """How often it was asked for once more within itself."""
    hint = ""
    remaining = NAN
    progress = 0.0

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats]) -> None:
        self.params, self.began, self.ups = params, began, ups

    @property
    def say(self) -> str:
        """What to do, in one or two sentences."""
        raise NotImplementedError

    @property
    def large(self) -> str:
        """What is to be read from three metres: seconds left, or how many of how many."""
        return f"{np.ceil(self.remaining):.0f}" if np.isfinite(self.remaining) else ""

    def follow(self, moment: Moment) -> Over | None:
        """What a moment shows; something once the step is over."""
        raise NotImplementedError

    def cut(self, t: float) -> Over | None:
        """The wearer says "next": judged as it is; None where nothing can be judged yet."""
        raise NotImplementedError

    def _tilts(self, moment: Moment, sites: Sequence[str]) -> dict[str, float]:
        return {s: moment.tilt(s, self.ups[s]) for s in sites if s in moment.sites and s in self.ups}


class Stand(Step):
    """Quiet standing: ten seconds without a break, counted from where it became quiet."""

    name = "stand"
    hint = "take your place"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats]) -> None:
        super().__init__(params, began, ups)
        self._ready = began + params.lead
        self._since: float | None = None
        self._asked: float | None = None
        self._quiet: float | None = None  # when it was so last
        self._least = np.inf
        self.remaining = params.stand

    @property
    def say(self) -> str:
        """What to do."""
        return "Stand tall: feet hip-wide, arms at your sides, look straight ahead. Then keep still."

    def follow(self, moment: Moment) -> Over | None:
        """What a moment shows."""
        p = self.params
        if moment.t < self._ready:
            self.hint = f"take your place: begins in {np.ceil(self._ready - moment.t):.0f} s"
            return None
        worst = int(np.argmax(moment.stirring))
        moves = float(moment.stirring[worst])
        self._least = min(self._least, moves)
        self._asked = moment.t if self._asked is None else self._asked
        if moves <= p.still:
            self._quiet = moment.t
            self._since = moment.t - 0.4 if self._since is None else self._since
        thigh = moment.sites[worst] in THIGHS and self._trunk(moment) <= p.still
        twitch = self._quiet is not None and moment.t - self._quiet < p.twitch and thigh and moves <= 2.0 * p.still
        if self._since is None or not (moves <= p.still or twitch):
            return self._moved(moment, worst, moves)
        so_far = moment.t - self._since
        self.remaining, self.progress = max(p.stand - so_far, 0.0), min(so_far / p.stand, 1.0)
        self.hint = f"stand still: {np.ceil(self.remaining):.0f} s more"
        return Over(Span("stand", self._since, moment.t)) if so_far >= p.stand - 1e-6 else None

    @staticmethod
    def _trunk(moment: Moment) -> float:
        return max((float(x) for s, x in zip(moment.sites, moment.stirring, strict=True) if s in TRUNK), default=0.0)

    def _moved(self, moment: Moment, worst: int, moves: float) -> Over | None:
        p = self.params
        so_far = 0.0 if self._since is None else moment.t - self._since
        self._since, self.progress, self.remaining, self.hint = None, 0.0, p.stand, "stand still"
        if not np.isfinite(moves):
            return None
        told = f"{NAMES[moment.sites[worst]]} moved at {np.rad2deg(moves):.0f} °/s"
        limit = f"expected below {np.rad2deg(p.still):.0f} °/s for {p.stand:.0f} s"
        span = Span("stand", moment.t, moment.t)
        if so_far > 2.0:
            return Over(span, "moved", f"You moved after {so_far:.0f} s: {told}, {limit}.", (moment.sites[worst],))
        if moment.t - (self._asked or moment.t) > p.give_up:
            still = f"never below {np.rad2deg(self._least):.0f} °/s in {p.give_up:.0f} s"
            return Over(span, "moved", f"No quiet standing: {told}, {still}, {limit}.", (moment.sites[worst],))
        return None

    def cut(self, t: float) -> Over | None:
        """As far as it came."""
        if t < self._ready:  # "I am ready"
            self._ready = t
            return None
        if self._since is None or t - self._since < 3.0:
            return None
        return Over(Span("stand", self._since, t))
