"""``hiphinge status``: who holds the sensors, and how they are."""

from __future__ import annotations

import json
from typing import Any

import click

from hiphinge.apps import owner


@click.command(epilog="Example:  hiphinge status --json")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(*, as_json: bool) -> None:
    """What is being recorded now, and how the sensors are."""
    held = owner.owner()
    told = owner.ask({"ask": "status"}) if held else None
    if as_json:
        click.echo(json.dumps({"owner": held and {k: held.get(k) for k in ("what", "since", "pid")}, "status": told}))
        return
    if held is None:
        click.echo("Nothing is being recorded. Begin with: hiphinge lift, or hiphinge desk")
        return
    since = str(held.get("since", ""))[11:16]
    click.echo(f"{held.get('what', 'another command')} since {since or 'a moment ago'}")
    if told:
        for words in lines(told):
            click.echo(words)


def lines(told: dict[str, Any]) -> list[str]:
    """The owner's answer for people."""
    minutes = told["seconds"] / 60
    words = [f"{minutes:.0f} min, {told['repetitions']} repetitions, {told['alerts']} alerts → {told['recording']}"]
    words += [told[name] for name in ("recording_trouble", "radio_trouble") if told[name]]
    for one in told["sensors"]:
        battery = "" if one["battery_pct"] is None else f", battery {one['battery_pct']:.0f} %"
        sync = "" if one["sync_error_ms"] is None else f", clock ±{one['sync_error_ms']:.0f} ms"
        state = f"{one['state']} ({one['why']})" if one["state"] == "lost" else one["state"]
        heard = f"{one['rate_hz']:.0f} Hz, {one['loss_pct']:.1f} % lost"
        words.append(f"  {one['site']:13} {state}, {heard}{battery}{sync}")
    return words
