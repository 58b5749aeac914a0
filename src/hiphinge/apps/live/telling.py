"""A live session in lines: plain ones for people, one JSON object each for scripts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from hiphinge.apps.live.health import Health, SensorHealth
from hiphinge.blocks import Input, Link, Outcome
from hiphinge.devices.driver import SYNCHRONISING
from hiphinge.session import tables

HEALTH_S = 10.0
"""Between two lines of JSON about the sensors."""
UNHEARD_S, AGAIN_S = 20.0, 5.0
"""From the first input until a sensor is told of that was never heard, most are in five; and between two looks [D]."""


class JsonLines:
    """A listener: repetitions, bouts, alerts, cues, links as they come, and how the sensors are every HEALTH_S."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._told_ns = -(2**62)

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What one feed brought, a line each."""
        for one in inputs:
            if isinstance(one, Link):
                line("link", t_s=one.arrival_ns / 1e9, sensor=one.sensor, state=one.state, value=one.value)
        for kind, row in events(outcome):
            line(kind, **row)
        if inputs and inputs[-1].arrival_ns - self._told_ns >= HEALTH_S * 1e9:
            self._told_ns = inputs[-1].arrival_ns
            line("sensors", sensors=[sensor_row(one) for one in self._health.sensors])


class Unheard:
    """A listener: in plain lines, once each, why nothing comes: the radio's trouble, and sensors never heard.

    A screen shows both all the time; a sensor that was heard and is lost has its alert.
    """

    def __init__(self, health: Health, tell: Callable[[str], None]) -> None:
        self._health, self._tell = health, tell
        self._trouble = ""
        self._told: set[str] = set()
        self._due_s: float | None = None

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        """What is to be said now."""
        if self._health.trouble != self._trouble:
            self._trouble = self._health.trouble
            if self._trouble:
                self._tell(self._trouble)
        if inputs:
            now = inputs[-1].arrival_ns / 1e9
            self._due_s = now + UNHEARD_S if self._due_s is None else self._due_s
            if now >= self._due_s and not self._trouble:
                self._look(now)

    def _look(self, now: float) -> None:
        missing = [one for one in self._health.sensors if one.silent_s is None and one.sensor not in self._told]
        for one in missing:
            if one.state != SYNCHRONISING:
                self._told.add(one.sensor)
                self._tell(
                    f"{one.site} ({one.sensor}): not heard yet{f' ({one.why})' if one.why else ''}. Switch it on or "
                    "shake it, bring it near, close other apps that may hold it; hiphinge goes on looking."
                )
        self._due_s = now + AGAIN_S if missing else math.inf


def events(outcome: Outcome) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each repetition, bout, alert and cue: its name, and its row as in the tables."""
    yield from (("repetition", row) for row in tables.reps(outcome.repetitions).records())
    yield from (("bout", row) for row in tables.bouts(outcome.bouts).records())
    yield from (("alert", row) for row in tables.alerts(outcome.alerts).records())
    yield from (("cue", row) for row in tables.alerts(outcome.cues).records())


def line(event: str, **values: Any) -> None:
    """One event as one line of JSON, out at once."""
    click.echo(json.dumps({"event": event, **values}))


def sensor_row(one: SensorHealth) -> dict[str, Any]:
    """A sensor's health as it stands in JSON."""
    return {
        "site": one.site,
        "sensor": one.sensor,
        "device": one.device,
        "state": one.state,
        "why": one.why,
        "rate_hz": round(one.rate_hz, 1),
        "wanted_hz": one.wanted_hz,
        "loss_pct": round(one.loss_pct, 2),
        "battery_pct": one.battery_pct,
        "rssi_dbm": one.rssi_dbm,
        "skew_ppm": one.skew_ppm,
        "sync_error_ms": None if one.clock_sd_s is None else round(1000 * one.clock_sd_s, 1),
        "silent_s": None if one.silent_s is None else round(one.silent_s, 1),
    }
