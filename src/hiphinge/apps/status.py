"""``hiphinge status``: who holds the sensors, how they are, what the service waits for; pause and snooze."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import click

from hiphinge.apps import owner
from hiphinge.apps.live import standby
from hiphinge.apps.numbers import Number
from hiphinge.apps.words import plural, span
from hiphinge.errors import InputError

MINUTES = Number(0, 24 * 60, min_open=True)


@click.command(epilog="Example:  hiphinge status --pause 30")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--pause", type=MINUTES, metavar="MINUTES", help="No cue of any kind for so long.")
@click.option("--snooze", type=MINUTES, metavar="MINUTES", help='No "time to move" for so long.')
@click.option("--resume", is_flag=True, help="Cues and reminders again, at once.")
def command(*, as_json: bool, pause: float | None, snooze: float | None, resume: bool) -> None:
    """What is being recorded now, how the sensors are, and for how long nothing is said."""
    if sum((pause is not None, snooze is not None, resume)) > 1:
        raise click.UsageError("--pause, --snooze and --resume exclude each other.")
    if pause is not None or snooze is not None or resume:
        words = wished(pause, snooze)
        click.echo(json.dumps({"message": words}) if as_json else words)
        return
    held, service = owner.owner(), standby.service()
    told = owner.ask({"ask": "status"}) if held else None
    told = told if told and "sensors" in told else None  # who records nothing has nothing to tell
    if as_json:
        card = held and {name: held.get(name) for name in ("what", "doing", "since", "pid")}
        click.echo(json.dumps({"owner": card, "status": told, "service": service}))
        return
    for words in [*service_lines(service), *held_lines(held, service), *(lines(told) if told else ())]:
        click.echo(words)


def wished(pause: float | None, snooze: float | None) -> str:
    """Pass the wish on; what holds from now on, with its end. InputError: nobody is there to take it."""
    action = "pause" if pause is not None else "snooze" if snooze is not None else "resume"
    minutes = pause if pause is not None else snooze
    value = "" if minutes is None else f"{minutes:g}"
    answer = owner.ask({"ask": "control", "action": action, "value": value})
    if not (answer and answer.get("taken")):
        raise InputError(f"status --{action}: nothing is being recorded, expected a running lift or desk. Start one.")
    if minutes is None:
        return "Cues and reminders again."
    what = "No cue of any kind" if action == "pause" else 'No "time to move"'
    return f"{what} until {_at(60.0 * minutes)}. End it before: hiphinge status --resume"


def service_lines(service: dict[str, Any] | None) -> list[str]:
    """Whether desk runs as a service, and what it waits for."""
    if service is not None:
        return [f"Service: {service.get('words', '')}"]
    from hiphinge.apps.live import installing  # noqa: PLC0415  only where no service runs

    return ["Service: installed, not running. Begin it: hiphinge desk --install"] if installing.installed() else []


def held_lines(held: dict[str, Any] | None, service: dict[str, Any] | None) -> list[str]:
    """Who holds the sensors."""
    if held is None:
        return [] if service else ["Nothing is being recorded. Begin with: hiphinge lift, or hiphinge desk"]
    return [owner.in_words(held)]


def lines(told: dict[str, Any]) -> list[str]:
    """The owner's answer for people."""
    minutes = told["seconds"] / 60
    counted = f"{plural(told['repetitions'], 'repetition')}, {plural(told['alerts'], 'alert')}"
    words = [f"{minutes:.0f} min, {counted} → {told['recording']}"]
    words += [told[name] for name in ("recording_trouble", "radio_trouble") if told[name]]
    words += day_lines(told)
    for one in told["sensors"]:
        battery = "" if one["battery_pct"] is None else f", battery {one['battery_pct']:.0f} %"
        sync = "" if one["sync_error_ms"] is None else f", clock ±{one['sync_error_ms']:.0f} ms"
        state = f"{one['state']} ({one['why']})" if one["state"] == "lost" else one["state"]
        heard = f"{one['rate_hz']:.0f} Hz, {one['loss_pct']:.1f} % lost"
        words.append(f"  {one['site']:13} {state}, {heard}{battery}{sync}")
    return words + [f"  {note}" for note in told.get("notes", ())]


def day_lines(told: dict[str, Any]) -> list[str]:
    """Sitting and breaks; what is not said, and until when."""
    words = []
    if told.get("sitting_s") is not None:
        words.append(f"Sitting for {told['sitting_s'] / 60:.0f} min, since {_at(-told['sitting_s'])}.")
    if told.get("sitting_today_s") is not None:
        seated, breaks = span(told["sitting_today_s"]), plural(told["breaks_today"], "break")
        words.append(f"Today: {seated} sitting, {breaks}.")
    if told.get("paused_s") is not None:
        words.append(f"Paused until {_at(told['paused_s'])}: no cue of any kind.")
    if told.get("snoozed_s") is not None:
        words.append(f'Snoozed until {_at(told["snoozed_s"])}: no "time to move".')
    if told.get("do_not_disturb"):
        words.append('The desktop says "do not disturb": no reminders.')
    return words


def _at(seconds: float) -> str:
    """The time of day so many seconds from now, to the minute that has begun by then."""
    return f"{datetime.now() + timedelta(seconds=seconds):%H:%M}"
