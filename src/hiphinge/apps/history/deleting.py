"""What is deleted is said before, then it goes for good: recording, summary and rows."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from hiphinge import history, settings
from hiphinge.apps.history.gathering import is_growing, on_disk
from hiphinge.apps.history.remarks import in_words
from hiphinge.apps.live import today
from hiphinge.apps.recordings import printable
from hiphinge.apps.words import plural
from hiphinge.errors import InputError
from hiphinge.history import Journal
from hiphinge.sinks.home_assistant import forget

ALL, UNDATED = "all", "undated"
MOST = 20
"""Files that are listed one by one."""


@dataclass(frozen=True)
class Deletion:
    """What would go, and what is said of it before; nothing where both are empty."""

    what: str
    ids: frozenset[str]
    files: tuple[Path, ...]
    words: tuple[str, ...]

    @property
    def mark(self) -> str:
        """The same for the same sessions and files only: whoever agreed to another has not agreed to this."""
        names = sorted((*self.ids, *(path.name for path in self.files)))
        return hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def carry_out(self, journal: Journal) -> str:
        """For good; what was done, in a sentence."""
        for path in self.files:
            path.unlink(missing_ok=True)
        journal.forget(self.ids)
        return f"Deleted: {plural(len(self.ids), 'session')}, {plural(len(self.files), 'file')}."


def planned(journal: Journal, what: str, wearer: str | None) -> Deletion:
    """Everything of a day (ISO), of what has no date, or of all days; of one wearer or of all.

    InputError where one of the recordings is still growing.
    """
    ids = chosen(journal, what, wearer)
    files = [*_files(journal, ids, everything=what == ALL and wearer is None), *_counts(what, wearer)]
    if not ids and not files:
        return Deletion(what, frozenset(), (), (f"Nothing of {_in_words(what)} is kept.",))
    words = [f"To be deleted for good, {_in_words(what)}: {plural(len(ids), 'session')}"]
    also = sorted({day for id in ids for day in _days(journal, id)} - {what}) if what not in (ALL, UNDATED) else []
    if also:
        words.append(f"What reaches over midnight goes from {', '.join(map(in_words, also))} too.")
    words += _listed([(path, path.stat().st_size, "") for path in files])
    return Deletion(what, frozenset(ids), tuple(files), tuple(words))


def delete(journal: Journal, what: str, wearer: str | None, yes: bool) -> None:
    """Say what would go, and let it go once that is agreed to; with all days, from Home Assistant's broker too."""
    found = planned(journal, what, wearer)
    broker = settings.load_secrets().broker if what == ALL else None
    named = _wearers(journal, wearer) if broker else []
    for words in found.words:
        click.echo(words)
    if named:
        click.echo(printable(f"Home Assistant forgets {', '.join(name or 'the wearer' for name in named)}."))
    if (found.ids or found.files or named) and _agreed(yes):
        click.echo(found.carry_out(journal))
        if broker:
            for name in named:
                click.echo(printable(forget(broker, name)))


def chosen(journal: Journal, what: str, wearer: str | None) -> set[str]:
    """The sessions that are meant."""
    ids = journal.ids() if what == ALL else journal.on_day(history.UNDATED if what == UNDATED else what)
    sessions = journal.table("session")
    return ids if wearer is None else ids & set(sessions["id"][sessions["wearer"] == wearer])


def _wearers(journal: Journal, wearer: str | None) -> list[str]:
    return sorted(set(journal.table("session")["wearer"])) if wearer is None else [wearer]


def _files(journal: Journal, ids: set[str], *, everything: bool) -> list[Path]:
    """Recordings first: stopped half-way, what is left can still be found and deleted."""
    disk, _ = on_disk(journal.home)
    raw = [one.raw for one in disk if everything or one.session in ids]
    growing = [one.path.name for one in raw if is_growing(one)]
    if growing:
        raise InputError(f"{growing[0]}: is being recorded now. Stop that first, then delete.")
    folder = history.recordings(journal.home)
    if everything:
        return [*sorted(folder.glob("*.mcap")), *history.kept(journal.home)]
    summaries = [history.summary_path(journal.home, id) for id in sorted(ids)]
    return [*(one.path for one in raw), *(path for path in summaries if path.exists())]


def _counts(what: str, wearer: str | None) -> list[Path]:
    """What is counted today, for a desk that begins anew."""
    path, found = today.kept()
    meant = found is None or (what in (ALL, found.day) and wearer in (None, found.wearer))
    return [path] if meant and path.exists() else []


def _days(journal: Journal, session: str) -> set[str]:
    presence = journal.table("presence")
    return set(presence["day"][presence["session"] == session])


def due(journal: Journal) -> str:
    """What retention would delete, in a sentence; "" when nothing."""
    kept: settings.Retention = settings.load(root=settings.Retention)
    going = history.going([one.raw for one in on_disk(journal.home)[0]], kept, time.time())
    if not going:
        return ""
    size = sum(one.raw.size for one in going) / 1e6
    return f"{plural(len(going), 'raw recording')} ({size:.1f} MB) may go; the summaries stay: hiphinge history --prune"


def prune(journal: Journal, yes: bool) -> None:
    """Raw recordings that are too old or too much; summaries and rows stay."""
    disk, notes = on_disk(journal.home)
    raw = [one.raw for one in disk]
    kept: settings.Retention = settings.load(root=settings.Retention)
    going = history.going(raw, kept, time.time())
    for note in (*notes, *(f"{one.path.name}: stays, it has no summary yet" for one in history.unsummarised(raw))):
        click.echo(printable(note), err=True)
    rule = f"raw recordings are kept for {kept.keep_raw_days:g} days and up to {kept.disk_budget_gb:g} GB"
    if not going:
        click.echo(f"Nothing to delete: {rule}.")
        return
    click.echo(f"{plural(len(going), 'raw recording')} to be deleted ({rule}); the summaries stay:")
    for words in _listed([(one.raw.path, one.raw.size, one.why) for one in going]):
        click.echo(words)
    if not _agreed(yes):
        return
    for one in going:
        one.raw.path.unlink(missing_ok=True)
    click.echo(f"Deleted: {plural(len(going), 'raw recording')}.")


def _listed(files: Sequence[tuple[Path, int, str]]) -> Iterator[str]:
    for path, size, why in files[:MOST]:
        yield printable(f"  {path.name}  {size / 1e6:.1f} MB{f'  {why}' if why else ''}")
    if len(files) > MOST:
        yield f"  … and {len(files) - MOST} more, {sum(size for _, size, _ in files[MOST:]) / 1e6:.1f} MB"


def _agreed(yes: bool) -> bool:
    """Asked on a terminal only; without an answer nothing is deleted."""
    if yes or (sys.stdin.isatty() and click.confirm("Delete them for good?")):
        return True
    click.echo("Nothing is deleted. Add --yes to delete.")
    return False


def _in_words(what: str) -> str:
    return {ALL: "all days", UNDATED: "sessions without a date"}.get(what) or in_words(what)
