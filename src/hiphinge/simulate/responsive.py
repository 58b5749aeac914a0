"""A virtual wearer who does what a guide asks, late and not always right.

Its motion is written a little ahead of the time that its sensors have sent;
what was sent never changes afterwards.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hiphinge.blocks import THIGH_LEFT, Control, Input, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.simulate.daily import Sit, SitDown, StandUp
from hiphinge.simulate.movements import Lift, Movement, pause, sway
from hiphinge.simulate.score import Score, Shock
from hiphinge.simulate.simulation import Wearing, checked, instrumented, packets
from hiphinge.simulate.wearer import Wearer, drawn

AHEAD = 0.5
"""s of motion that the sensors need beyond what they send."""
LONGEST = 1800.0
"""s of sway that are written at the beginning."""


@dataclass(frozen=True)
class Manner:
    """How somebody follows a guide: ``delay`` s before he begins (drawn between), and his ``mistakes``.

    Each of "moves", "half_sits", "half_bends", "bent_knees", "few_bends", "stays_tall" is made
    ``times`` times, then it is done right.
    """

    delay: tuple[float, float] = (0.6, 1.8)
    mistakes: tuple[str, ...] = ()
    times: int = 1


@dataclass
class Responsive:
    """Told by :meth:`follow` what is asked, heard by :meth:`inputs`; always the same for the same seed."""

    wearer: Wearer | None = None
    wearing: Wearing = field(default_factory=Wearing)
    manner: Manner = field(default_factory=Manner)
    seed: int = 0

    def __post_init__(self) -> None:
        """Stand and wait."""
        self.wearing = checked(self.wearing)
        self.score = Score(self.wearer or drawn(self.seed), self.seed)
        self.now = 0.0
        self._instruments = instrumented(self.score, self.wearing, self.seed)
        self._rng = np.random.default_rng([self.seed, 11])
        sway(self.score, 0.0, LONGEST, self.score.wearer.sway)
        self._asked: tuple[str, str, int] | None = None
        self._left = dict.fromkeys(self.manner.mistakes, self.manner.times)
        self._waiting: list[tuple[int, int, Input]] = []
        self._number = self._block = 0
        self._seated = False

    @property
    def sensors(self) -> tuple[Sensor, ...]:
        """The worn sensors, named after the sites where somebody believes them to be."""
        return tuple(Sensor(site, hiphinge_imu.NAME, site) for site in self.wearing.sites)

    def inputs(self, seconds: float = 0.2) -> list[Input]:
        """All that arrives in the next ``seconds``; the clock goes on by as much."""
        start, end = self.now, self.now + seconds
        self.score.now = max(self.score.now, end + AHEAD)
        for one in packets(self.wearing, self._instruments, start, end, self._block):
            self._push(one)
        if int(end) > int(start) or start == 0.0:
            self._push(Tick(round(int(end) * 1e9)))
        self.now, self._block = end, self._block + 1
        due: list[Input] = []
        while self._waiting and self._waiting[0][0] < end * 1e9:
            due.append(heapq.heappop(self._waiting)[2])
        return due

    def follow(self, step: str, site: str = "", attempt: int = 1) -> None:
        """The guide asks for this now; asked again for the same, nothing new begins."""
        if (step, site, attempt) == self._asked:
            return
        self._asked = step, site, attempt
        self.score.begin()
        self.score.now = max(self.score.now, self.now + AHEAD) + float(self._rng.uniform(*self.manner.delay))
        if (answer := self._answers().get(step)) is not None:
            answer(site)

    def press(self, value: str, after: float = 0.0) -> None:
        """A key of the guide."""
        at = max(self.now + after, self.now)
        self._push(Control(round(at * 1e9) + 1, "wizard", value))

    def do(self, *movements: Movement) -> None:
        """Something of his own accord, after what he is doing."""
        for movement in movements:
            self.score.begin()
            self._play(movement)

    def _push(self, one: Input) -> None:
        heapq.heappush(self._waiting, (one.arrival_ns, self._number, one))
        self._number += 1

    def _play(self, *movements: Movement) -> None:
        for movement in movements:
            movement.play(self.score)

    def _errs(self, mistake: str) -> bool:
        """Whether he makes it this time."""
        left = self._left.get(mistake, 0)
        self._left[mistake] = left - 1
        return left > 0

    # --- Answers to the steps --------------------------------------------------------

    def _answers(self) -> dict[str, Callable[[str], None]]:
        return {
            "twist": lambda _: self.press("skip", self._rng.uniform(*self.manner.delay)),
            "place": lambda _: self.press("next", self._rng.uniform(*self.manner.delay)),
            "tap": self._tap,
            "knee": self._knee,
            "stand": self._stand,
            "sit": self._sit,
            "bend": self._bend,
            "sit_tall": lambda _: self._pose("tall"),
            "slump": lambda _: self._pose("tall" if self._errs("stays_tall") else "slumped"),
        }

    def _tap(self, site: str) -> None:
        for _ in range(2):
            self.score.shocks.append(Shock(self.score.now, float(self._rng.uniform(18, 40)), site))
            self.score.now += float(self._rng.uniform(0.5, 1.2))

    def _knee(self, site: str) -> None:
        leg = "left" if site == THIGH_LEFT else "right"
        for to, seconds in ((np.deg2rad(self._rng.uniform(60, 85)), 1.0), (0.0, 1.0)):
            self.score.move(f"thigh_{leg}", float(to), seconds)
            self.score.move("lumbar", 0.08 * float(to), seconds)
            self.score.now += seconds + 0.4

    def _up(self) -> None:
        if self._seated:
            self._play(StandUp())
            self._seated = False

    def _stand(self, site: str) -> None:
        self._up()
        if self._errs("moves"):
            self.score.now += 4.0 + float(self._rng.uniform(3.0, 6.0))
            turn = np.deg2rad(self._rng.uniform(22, 40))
            for to in (turn, 0.0):
                self.score.move("heading", float(to), 0.7)
                self.score.move("trunk", 0.4 * float(to), 0.7)
                self.score.now += 0.9

    def _sit(self, site: str) -> None:
        half = self._errs("half_sits")
        for _ in range(3):
            self._play(SitDown(self._rng.uniform(1.9, 2.8), 38.0 if half else 80.0))
            self._play(Sit(self._rng.uniform(1.2, 2.2), restless=False), StandUp(self._rng.uniform(1.6, 2.3)))
            pause(self.score, float(self._rng.uniform(0.6, 1.2)))

    def _bend(self, site: str) -> None:
        share = 0.5 if self._errs("half_bends") else 1.0
        thigh = self._rng.uniform(42, 60) if self._errs("bent_knees") else 6.0
        times = 2 if self._errs("few_bends") else 3
        size = share * self._rng.permutation([1.0, self._rng.uniform(0.98, 1.0), self._rng.uniform(0.85, 0.97)])
        wearer = self.score.wearer
        for part in size[:times].tolist():
            lumbar = float(np.rad2deg(part * wearer.max_lumbar))
            depth = lumbar + part * float(np.rad2deg(wearer.max_pelvis)) * float(self._rng.uniform(0.95, 1.05))
            down, hold, up = self._rng.uniform((1.9, 0.8, 1.8), (2.6, 1.6, 2.4))
            tempo = {"lowering": down, "hold": hold, "lifting": up}
            self._play(Lift("bend", depth, float(thigh), lumbar_deg=lumbar, counted=False, **tempo))
            pause(self.score, float(self._rng.uniform(0.5, 1.0)))

    def _pose(self, how: str) -> None:
        if not self._seated:
            self._play(SitDown())
            self._seated = True
        self._play(Sit(1.7, how, restless=False))
