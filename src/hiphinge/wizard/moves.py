"""The steps in which the wearer moves: down on a chair and up, bends, sitting tall and slumped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hiphinge.blocks import THIGHS, TRUNK, UPPER_LUMBAR, Floats
from hiphinge.wizard.moments import Moment
from hiphinge.wizard.spans import Span
from hiphinge.wizard.steps import NAMES, Over, Params, Step


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
            self._shallow += max(p.back, 0.5 * self._bent) <= self._peak < self._bent
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
        if self.peaks and not self._shallow:
            return Over(span, "few", f"Only {len(self.peaks)} of {p.bends} bends were seen.")
        reached, least = np.rad2deg(max(self._deepest, self._peak)), np.rad2deg(self._bent)
        words = f"{self._shallow or p.bends} of the bends did not reach {least:.0f}°, the deepest {reached:.0f}°"
        return Over(span, "half", f"{words}. Bend further, if comfortable.")

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
