"""``hiphinge history``: what weeks of sessions say together."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import pandas as pd
from rich.console import Console
from rich.markup import escape

from hiphinge import history
from hiphinge.apps.analyze import write_text
from hiphinge.apps.history import deleting
from hiphinge.apps.history.gathering import catch_up
from hiphinge.apps.history.tables import Period, csv_text, week_of
from hiphinge.apps.history.told import told
from hiphinge.apps.history.typed import NOTICED_CM, keep_ankle
from hiphinge.apps.history.view import View, views
from hiphinge.apps.numbers import Number
from hiphinge.apps.recordings import printable
from hiphinge.errors import InputError
from hiphinge.history import Journal


class Day(click.ParamType):
    """A date, today or yesterday; with ``also``, other words that stay as they are."""

    name = "DAY"

    def __init__(self, *also: str) -> None:
        self.also = also

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> str | date:
        """The date; exit 2 for anything else."""
        if isinstance(value, date) or value in self.also:
            return value
        spoken = {"today": date.today(), "yesterday": date.today() - timedelta(days=1)}
        try:
            return spoken.get(value) or date.fromisoformat(value)
        except ValueError:
            words = "".join(f", {word}" for word in ("today", "yesterday", *self.also))
            self.fail(f"{value!r} is no day, expected one like 2026-03-01{words}.", param, ctx)


DELETE = click.option(
    "--delete",
    type=Day(deleting.ALL, deleting.UNDATED),
    help="Delete a day, all, or what is undated, for good: recordings, summaries, rows.",
)
OUT = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example:  hiphinge history --week today --html week.html")
@click.option("--wearer", help="Only this person.  [default: each apart]")
@click.option("--day", type=Day(), help="Only this day: a date, today or yesterday.")
@click.option("--week", type=Day(), help="Only the week of this day, from Monday.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
@click.option("--csv", "csv_file", type=OUT, metavar="FILE", help="Write a row a day.")
@click.option("--html", "html_file", type=OUT, metavar="FILE", help="Write a report with drawings.")
@click.option(
    "--ankle", type=Number(0, 30), metavar="CM", help="Note today's ankle test: toe to wall, knee touching it."
)
@DELETE
@click.option("--prune", is_flag=True, help="Delete raw recordings that are too old or too much; summaries stay.")
@click.option("--rebuild", is_flag=True, help="Make the journal anew from recordings and summaries.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
def command(
    *,
    wearer: str | None,
    day: date | None,
    week: date | None,
    as_json: bool,
    csv_file: Path | None,
    html_file: Path | None,
    ankle: float | None,
    delete: str | date | None,
    prune: bool,
    rebuild: bool,
    yes: bool,
) -> None:
    """Days, weeks and trends: sitting, breaks, lifts, tests.

    Every session of this home counts; new ones are analysed first. How long raw
    recordings stay is set in settings.toml, [retention]; what a day is measured
    against in [goals].
    """
    doing = (delete is not None, prune, rebuild, ankle is not None)
    if sum((day is not None, week is not None)) > 1 or sum(doing) > 1:
        raise click.UsageError("--day and --week, and --ankle, --delete, --prune and --rebuild, exclude each other.")
    if rebuild:
        made_anew()
        return
    with Journal() as journal:
        if ankle is not None:
            keep_ankle(journal, ankle, wearer or "", datetime.now().astimezone())
            click.echo(f"Noted: {ankle:g} cm. A change under {NOTICED_CM} cm may be chance. See it: hiphinge history")
            return
        if delete is not None:
            journal.catch_up()
            deleting.delete(journal, str(delete), wearer, yes)
            return
        with working() as show:
            _say(catch_up(journal, show))
        if prune:
            deleting.prune(journal, yes)
            return
        today = date.today()
        period = Period(day, day) if day else week_of(week) if week else Period()
        found, due = views(journal, checked(journal, wearer), period, today), deleting.due(journal)
    output(found, as_json, csv_file, html_file)
    if due and not as_json:
        click.echo(due, err=True)


def checked(journal: Journal, wearer: str | None) -> str | None:
    """The wearer, who must have a session."""
    known = sorted(set(journal.table("session")["wearer"]))
    if wearer is not None and wearer not in known:
        names = ", ".join(repr(name) for name in known) or "nobody yet"
        raise InputError(f"--wearer {wearer!r}: no session of that name, expected one of: {names}.")
    return wearer


def made_anew() -> None:
    """All rows from the summaries, and those from the recordings where they are missing."""
    journal, notes = history.open_or_rebuild()
    with journal, working() as show:
        notes += catch_up(journal, show, again=True)
        _say(dict.fromkeys(notes))
        count = len(journal.ids())
    click.echo(f"The journal is made anew: {count} session{'s' * (count != 1)}.")


def output(found: list[View], as_json: bool, csv_file: Path | None, html_file: Path | None) -> None:
    """To the files that were asked for; else, or as JSON, to the terminal."""
    if csv_file:
        days = [view.days for view in found]
        write_text(csv_file, csv_text(pd.concat(days) if days else pd.DataFrame(columns=["wearer", "day"])))
        click.echo(f"See {csv_file}", err=True)
    if html_file:
        from hiphinge.apps.history.report import render  # noqa: PLC0415  Bokeh takes half a second

        if not found:
            raise InputError("--html: no session yet, expected one. Record one with hiphinge desk or hiphinge lift.")
        if len(found) > 1:
            names = ", ".join(repr(view.wearer) for view in found)
            raise InputError(f"--html: sessions of {names}, expected those of one person. Add --wearer NAME.")
        write_text(html_file, render(found[0]))
        click.echo(f"See {html_file}", err=True)
    if as_json:
        click.echo(json.dumps({"wearers": [view.to_json() for view in found]}, allow_nan=False))
    elif not (csv_file or html_file):
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in told(found):
            click.echo(click.wrap_text(line, width) if width and len(line) > width else line)


@contextmanager
def working() -> Iterator[Callable[[str], object]]:
    """Show on a terminal which recording is analysed; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: None
        return
    with console.status("Looking for new sessions …") as status:
        yield lambda name: status.update(f"Analyzing {escape(printable(name))} …")


def _say(notes: list[str] | dict[str, None]) -> None:
    for note in notes:
        click.echo(printable(note), file=sys.stderr)
