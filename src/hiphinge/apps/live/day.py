"""What a day brings, as it stands now: on the seat since when, how many breaks, what the wearer asked to be spared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hiphinge.alerts import reminders, rules
from hiphinge.blocks import Control, Input, Outcome
from hiphinge.formats.home_assistant import Seat

PAUSED, SNOOZED, DISTURB = "paused", "snoozed", rules.DISTURB


class Day:
    """A listener. Times in s on the inputs' clock, NaN while not known.

    ``sitting_since``: short stands included; NaN when up. ``disturb``: whether the
    desktop said not to. ``today``: what the wall clock's day brought, earlier sessions too.
    """

    def __init__(self) -> None:
        self.sitting_since = math.nan
        self.today: Seat | None = None
        self.disturb = False
        self._until = {PAUSED: -math.inf, SNOOZED: -math.inf}

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought."""
        for one in inputs:
            if type(one) is Control:
                self._obey(one)
        for event in outcome.events:
            if event.kind == "seat_taken":
                self.sitting_since = float(str(event.data["since"]))
            elif event.kind in ("seat_left", "seat_forgotten"):
                self.sitting_since = math.nan

    @property
    def is_seated(self) -> bool:
        """Whether somebody sits, as far as is known."""
        return not math.isnan(self.sitting_since)

    def told(self, now: float) -> dict[str, Any]:
        """As it stands in JSON at ``now`` s; what is over is null."""
        left = {f"{name}_s": round(until - now) if until > now else None for name, until in self._until.items()}
        return {
            "sitting_s": round(now - self.sitting_since) if self.is_seated else None,
            "sitting_today_s": self.today and round(self.today.sitting_today),
            "breaks_today": self.today and self.today.breaks_today,
            "do_not_disturb": self.disturb,
            **left,
        }

    def _obey(self, wish: Control) -> None:
        t = wish.arrival_ns / 1e9
        if wish.action in rules.MUTE:
            self._until[PAUSED] = t + wish.minutes(rules.Params.mute)
        elif wish.action == reminders.SNOOZE:
            self._until[SNOOZED] = t + wish.minutes(reminders.Params.snooze)
        elif wish.action == DISTURB:
            self.disturb = wish.said not in ("off", False)
        if wish.action in rules.UNMUTE:
            self._until[PAUSED] = t
        if wish.action in reminders.AWAKE:
            self._until[SNOOZED] = t
