"""Before the wearer stands: sensors twisted together, put on, and told apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hiphinge.blocks import THIGHS, Floats
from hiphinge.detect.taps import Tap
from hiphinge.wizard.moments import Moment
from hiphinge.wizard.placement import SPOTS
from hiphinge.wizard.spans import Span
from hiphinge.wizard.steps import LEGS, NAMES, OTHER_LEG, Over, Params, Step

AGREE, AGAIN = 4.0, 8.0
"""s between two taps that belong to one answer, and after which it is asked once more [D]."""


class Twist(Step):
    """All sensors in one hand, turned to and fro: their clocks are compared by it."""

    name = "twist"
    seen = "All were twisted together."
    hint = "press s to leave this out"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats]) -> None:
        super().__init__(params, began, ups)
        self._since: float | None = None
        self.remaining = params.twist

    @property
    def say(self) -> str:
        """What to do."""
        return "Before you put them on: hold all sensors together in one hand and twist the wrist briskly to and fro."

    def follow(self, moment: Moment) -> Over | None:
        """Until all have turned long enough; NaN and silence turn nothing."""
        p = self.params
        turning = np.isfinite(moment.stirring) & (moment.stirring >= p.turning)
        if not turning.all():
            still = [NAMES[s] for s, t in zip(moment.sites, turning.tolist(), strict=True) if not t]
            self._since, self.progress, self.remaining = None, 0.0, p.twist
            self.hint = f"not turning: {', '.join(still)}" if turning.any() else "press s to leave this out"
            return None
        self._since = moment.t if self._since is None else self._since
        so_far = moment.t - self._since
        self.remaining, self.progress = max(p.twist - so_far, 0.0), min(so_far / p.twist, 1.0)
        self.hint = f"go on: {np.ceil(self.remaining):.0f} s more"
        return Over(Span(self.name, self._since, moment.t)) if so_far >= p.twist - 1e-6 else None

    def cut(self, t: float) -> Over | None:
        """Nobody has to."""
        return None


class Place(Step):
    """The sensors are put on; the wearer says when."""

    name = "place"
    seen = "They are on."
    hint = "press n when all are on"

    @property
    def say(self) -> str:
        """What to do."""
        return "Put the sensors on: straight on the skin with tape, or under a snug strap. Any way round will do."

    def follow(self, moment: Moment) -> Over | None:
        """It is the wearer who says when."""
        return None

    def cut(self, t: float) -> Over | None:
        """They are on."""
        return Over(Span(self.name, self.began, t))


class Touch(Step):
    """Two taps on the sensor at one spot: whichever jolts is that sensor."""

    name = "tap"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats], site: str) -> None:
        super().__init__(params, began, ups)
        self.site, self.seen = site, f"That is the {NAMES[site]} one."
        self.hint = "tap with a fingertip; press s if you are sure which is which"
        self._last: Tap | None = None
        self._asked = began

    @property
    def say(self) -> str:
        """What to do."""
        return f"Tap twice, firmly, on the sensor {SPOTS[self.site]}."

    def follow(self, moment: Moment) -> Over | None:
        """Taps come by another way, :meth:`hear`; too soft ones are asked for again."""
        if moment.t - self._asked > AGAIN:
            self._asked, self.hint = moment.t, "tap harder, with a fingertip; press s if you are sure which is which"
            self.repeats += 1
        return None

    def hear(self, tap: Tap) -> Over | None:
        """The second tap on the same sensor decides."""
        before, self._last, self._asked = self._last, tap, tap.t
        if before is None or before.site != tap.site or tap.t - before.t > AGREE:
            self.hint, self.progress = "once more", 0.5
            return None
        span = Span(self.name, before.t, tap.t)
        if tap.site == self.site:
            return Over(span)
        a, b = NAMES[tap.site], NAMES[self.site]
        words = (
            f"The sensor called {a} was tapped ({tap.jolt:.0f} m/s², the others {tap.other:.0f}): it is the {b} one."
        )
        return Over(span, "exchanged", words, (self.site, tap.site))

    def cut(self, t: float) -> Over | None:
        """A tap is needed; "skip" leaves it out."""
        return None


class Knee(Step):
    """One knee lifted to hip height: which leg the sensor is on. A wrong answer is asked for twice."""

    name = "knee"

    def __init__(self, params: Params, began: float, ups: Mapping[str, Floats], site: str) -> None:
        super().__init__(params, began, {})
        self.site = self._asked = site
        self.seen = f"It is on the {LEGS[site]} leg."
        self._from = began
        self._rose: dict[str, float] = {}
        self._other = ""  # what rose instead, once
        self._up = ""
        self.hint = "stand still for a moment first"

    @property
    def say(self) -> str:
        """What to do."""
        return f"Lift your {LEGS[self.site].upper()} knee to hip height, then put the foot down. Hold on to something."

    def follow(self, moment: Moment) -> Over | None:
        """A rise and a return of whichever sensor; or of none, then of the other leg's."""
        p = self.params
        if not self.ups:
            if moment.stirring.max() < p.still:
                self.ups = {s: moment.up(s) for s in moment.sites}
                self._from, self.hint = moment.t, "lift the knee"
            return None
        tilts = self._tilts(moment, moment.sites)
        self._rose = {s: float(np.fmax(self._rose.get(s, 0.0), x)) for s, x in tilts.items()}
        highest = max(tilts, key=lambda s: np.nan_to_num(tilts[s]))
        if tilts[highest] >= p.raised:
            self._up, self.hint = highest, "and down"
        elif self._up and tilts[self._up] < p.back:
            return self._down(moment.t)
        return self._none(moment.t) if moment.t - self._from > p.lift else None

    def _down(self, t: float) -> Over | None:
        up, self._up, span = self._up, "", Span(self.name, self.began, t)
        if up == self.site:
            return Over(span)
        if up not in {self._other, self._asked}:
            self._other, self._from, self.hint = up, t, "once more, the same knee"
            self.repeats += 1
            return None
        words = f"The sensor called {NAMES[up]} rose with your {LEGS[self.site]} knee"
        if up == self._asked:  # nothing rose with its own
            words += f" and not with the {LEGS[self._asked]} one"
        fault = "wrong_leg" if up in THIGHS else "exchanged"
        angle = f"{np.rad2deg(self._rose[up]):.0f}°"
        return Over(span, fault, f"{words} ({angle}): it is the {NAMES[self.site]} one.", (self.site, up))

    def _none(self, t: float) -> Over | None:
        if self.site == self._asked and len([s for s in self._rose if s in THIGHS]) == 1:
            self.site, self._from, self.hint = OTHER_LEG[self._asked], t, "now this knee"
            return None
        best = max((s for s in self._rose if s in THIGHS), key=lambda s: self._rose[s])
        reached, wanted = np.rad2deg(self._rose[best]), np.rad2deg(self.params.raised)
        words = (
            f"No thigh rose: {NAMES[best]} reached {reached:.0f}°, expected {wanted:.0f}°. Lift the knee to hip height."
        )
        return Over(Span(self.name, self.began, t), "unseen", words)

    def cut(self, t: float) -> Over | None:
        """A lifted knee is needed; "skip" leaves it out."""
        return None
