"""The steps of the guide as they happen: what to do, what is seen of it, and when it is over.

Nothing here knows how the sensors sit: only tilt against the wearer's own
standing (``ups``) and how much a sensor moves are looked at. What a step is
worth is judged afterwards, by :mod:`hiphinge.wizard.judge`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import SACRUM, SITES, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR, Floats
from hiphinge.wizard.moments import Moment
from hiphinge.wizard.spans import Span

NAN = float("nan")
THIGHS = (THIGH_LEFT, THIGH_RIGHT)
TRUNK = (UPPER_LUMBAR, SACRUM)
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


class Sit(Step):
    """Down on a chair and up again, three times; seen by the thighs."""

    name = "sit"
    hint = "sit down"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats]) -> None:
        super().__init__(params, began, ups)
        self.count = 0
        self._since: float | None = None  # on the seat
        self._idle = np.inf  # since when nobody sits, once somebody did
        self._down = False
        self._wrong = 0.0  # s that a trunk sensor lay like a thigh
        self._deepest = dict.fromkeys(ups, 0.0)
        self._rose, self._shallow = 0.0, 0  # this time; how often it was no seat

    @property
    def say(self) -> str:
        """What to do."""
        times = {1: "once", 2: "twice", 3: "three times"}.get(self.params.sits, f"{self.params.sits} times")
        return f"Sit down on a chair and stand up again, {times}, at your usual pace. Rest a second each time."

    @property
    def large(self) -> str:
        """How many of how many."""
        return f"{self.count}/{self.params.sits}"

    def follow(self, moment: Moment) -> Over | None:
        """What a moment shows."""
        p = self.params
        tilts = self._tilts(moment, tuple(self.ups))
        for site, tilt in tilts.items():
            self._deepest[site] = float(np.fmax(self._deepest[site], tilt))
        thigh = np.fmax.reduce([x for s, x in tilts.items() if s in THIGHS], initial=-np.inf)
        if exchanged := self._exchanged(moment, tilts):
            return exchanged
        self._seat(moment, float(thigh))
        if max(tilts.values()) < p.back and moment.stirring.max() < 2 * p.on_seat:
            self.count += self._down
            self._shallow += not self._down and 0.4 * p.seated <= self._rose < p.seated
            self._idle = moment.t if self._rose >= p.seated else self._idle
            self._down, self._since, self._rose = False, None, 0.0
        self.hint = f"stand up ({self.count + 1} of {p.sits})" if self._down else f"sit down ({self.count} of {p.sits})"
        self.progress = self.count / p.sits
        if self.count >= p.sits:
            return Over(Span("sit", self.began, moment.t))
        late = moment.t - self.began > p.patience or (moment.t - self._idle > p.pause and not self._rose > p.back)
        return self._unseen(moment.t) if late or self._shallow >= p.sits else None

    def _seat(self, moment: Moment, thigh: float) -> None:
        self._rose = max(self._rose, thigh)
        if not thigh >= self.params.seated:
            self._since = None
            return
        self._since = moment.t if self._since is None else self._since
        self._down = self._down or moment.t - self._since >= self.params.seat_still

    def _exchanged(self, moment: Moment, tilts: Mapping[str, float]) -> Over | None:
        """A trunk sensor that stays where only a thigh lies, while a thigh's does not."""
        p = self.params
        lying = [s for s in TRUNK if s in tilts and tilts[s] >= p.seated and moment.stirring.max() < p.on_seat]
        upright = [s for s in THIGHS if s in tilts and tilts[s] < p.raised]
        self._wrong = self._wrong + 0.1 if lying and upright else 0.0
        if self._wrong < p.seat_still:
            return None
        pair = (lying[0], upright[0])
        a, b = (f"{NAMES[s]} at {np.rad2deg(tilts[s]):.0f}°" for s in pair)
        words = f"While you sat, {a} and {b} from standing: these two are worn at each other's places."
        return Over(Span("sit", self.began, moment.t), "exchanged", words, pair)

    def _unseen(self, t: float) -> Over:
        p = self.params
        site = max((s for s in THIGHS if s in self._deepest), key=lambda s: self._deepest[s])
        reached, wanted = np.rad2deg(self._deepest[site]), np.rad2deg(p.seated)
        words = f"Only {self.count} of {p.sits} times down and up were seen"
        if self._deepest[site] < p.seated:
            words = f"{NAMES[site].capitalize()} rose to {reached:.0f}°, expected {wanted:.0f}° or more: sit down fully"
        return Over(Span("sit", self.began, t), "few" if self.count else "half", f"{words}.", (site,))

    def cut(self, t: float) -> Over | None:
        """As far as it came."""
        return Over(Span("sit", self.began, t)) if self.count else None


class Bend(Step):
    """Comfortable bends with straight knees, and a moment of standing after them."""

    name = "bend"
    hint = "bend forward slowly"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats]) -> None:
        super().__init__(params, began, ups)
        self.peaks: list[float] = []  # of the trunk, rad
        self.thigh = 0.0  # most that it rose in a bend, rad
        self._peak = 0.0
        self._bent = params.bent if UPPER_LUMBAR in ups else params.bent_pelvis
        self._shallow = 0  # bends that were none
        self._deepest = 0.0
        self._idle = began
        self._since: float | None = None  # quiet again

    @property
    def say(self) -> str:
        """What to do."""
        times = {1: "once", 2: "twice", 3: "three times"}.get(self.params.bends, f"{self.params.bends} times")
        return (
            f"Bend forward slowly with straight knees, as far as is comfortable, {times}. "
            "Stop if it hurts: press h. To leave bends out, press s."
        )

    def follow(self, moment: Moment) -> Over | None:
        """What a moment shows."""
        p = self.params
        tilts = self._tilts(moment, tuple(self.ups))
        trunk = np.fmax.reduce([x for s, x in tilts.items() if s in TRUNK], initial=0.0)
        thigh = np.fmax.reduce([x for s, x in tilts.items() if s in THIGHS], initial=0.0)
        self._peak = max(self._peak, float(trunk))
        if trunk >= self._bent:
            self.thigh = max(self.thigh, float(thigh))
        if trunk < p.back:
            if self._peak >= self._bent:
                self.peaks.append(self._peak)
            self._shallow += 0.5 * self._bent <= self._peak < self._bent
            self._deepest, self._peak = max(self._deepest, self._peak), 0.0
        if trunk > p.back or not self.peaks:
            self._idle = moment.t
        self.hint = self._advice(float(trunk), float(thigh))
        self.progress = min(len(self.peaks) / p.bends, 1.0)
        if len(self.peaks) >= p.bends:
            return self._standing(moment, max(tilts.values()))
        late = moment.t - self.began > p.patience or moment.t - self._idle > p.pause
        return self._unseen(moment.t) if late or self._shallow >= p.bends else None

    @property
    def large(self) -> str:
        """How many of how many, then the seconds of standing."""
        return super().large or f"{len(self.peaks)}/{self.params.bends}"

    def _advice(self, trunk: float, thigh: float) -> str:
        p, of = self.params, f"({len(self.peaks)} of {self.params.bends})"
        if trunk >= 0.5 * self._bent:
            if thigh > p.straight:
                return "knees straight"
            if trunk < self._peak - np.deg2rad(8):
                return "and up"
            return "and up again" if trunk >= np.deg2rad(75) else "a little further, only if comfortable"
        return f"bend forward slowly {of}"

    def _standing(self, moment: Moment, tilt: float) -> Over | None:
        p = self.params
        if tilt > p.back or moment.stirring.max() > p.still:
            self._since = None
        elif self._since is None:
            self._since = moment.t
        waited = 0.0 if self._since is None else moment.t - self._since
        self.remaining = max(p.again - waited, 0.0)
        self.hint = f"stand tall and still: {np.ceil(self.remaining):.0f} s more"
        late = moment.t - self.began > p.patience + 15.0
        return Over(Span("bend", self.began, moment.t)) if waited >= p.again or late else None

    def _unseen(self, t: float) -> Over:
        p, span = self.params, Span("bend", self.began, t)
        if self.peaks:
            return Over(span, "few", f"Only {len(self.peaks)} of {p.bends} bends were seen.")
        reached, least = np.rad2deg(max(self._deepest, self._peak)), np.rad2deg(self._bent)
        return Over(span, "half", f"The deepest bend reached {reached:.0f}°, expected {least:.0f}° or more.")

    def cut(self, t: float) -> Over | None:
        """As far as it came."""
        return Over(Span("bend", self.began, t)) if self.peaks else None


class Pose(Step):
    """Sitting in one way for some seconds: tall, or slumped."""

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats], name: str) -> None:
        super().__init__(params, began, ups)
        self.name, self.hint = name, "sit down"
        self.seen = f"Sat so for {params.pose:.0f} s."
        self.remaining = params.pose
        self._ready: float | None = None
        self._since: float | None = None

    @property
    def say(self) -> str:
        """What to do."""
        if self.name == "sit_tall":
            return "Sit down and sit tall: as upright as you can without strain. Stay so."
        return "Stay seated and let yourself slump: as round as you would after a long day. Stay so."

    def follow(self, moment: Moment) -> Over | None:
        """What a moment shows."""
        p = self.params
        tilts = self._tilts(moment, THIGHS)
        seated = max(tilts.values(), default=np.nan) >= p.seated
        if not seated or not moment.stirring.max() < p.on_seat:
            self._ready = self._since = None
            self.hint, self.progress, self.remaining = ("stay so" if seated else "sit down"), 0.0, p.pose
            if moment.t - self.began > p.patience:
                words = "No quiet sitting was seen"
                return Over(Span(self.name, moment.t, moment.t), "unseen", f"{words} in {p.patience:.0f} s.")
            return None
        self._ready = max(moment.t + p.calm, self.began + p.settle) if self._ready is None else self._ready
        if moment.t < self._ready:
            return None
        self._since = moment.t if self._since is None else self._since
        so_far = moment.t - self._since
        self.remaining, self.progress = max(p.pose - so_far, 0.0), min(so_far / p.pose, 1.0)
        self.hint = f"stay so: {np.ceil(self.remaining):.0f} s more"
        return Over(Span(self.name, self._since, moment.t)) if so_far >= p.pose - 1e-6 else None

    def cut(self, t: float) -> Over | None:
        """As far as it came."""
        if self._since is None or t - self._since < 2.0:
            return None
        return Over(Span(self.name, self._since, t))
