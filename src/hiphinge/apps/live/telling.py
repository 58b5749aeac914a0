"""A live session in lines: plain ones for people, one JSON object each for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from hiphinge.apps.live.health import Health, SensorHealth
from hiphinge.blocks import Input, Link, Outcome
from hiphinge.session import tables

HEALTH_S = 10.0
"""Between two lines of JSON about the sensors."""


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
