"""``hiphinge simulate``: a virtual wearer's recording, and the truth beside it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from hiphinge import __version__, settings
from hiphinge.apps.convert import FLUSH_S, Start
from hiphinge.apps.numbers import Number
from hiphinge.apps.words import plural
from hiphinge.blocks import SITES
from hiphinge.monitor import Params
from hiphinge.recording import Header, Writer, replacing
from hiphinge.simulate import SCENARIOS, Simulation, Wearing, scenario

Item = TypeVar("Item")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sites(click.ParamType):
    """Body sites with commas between them."""

    name = "a,b,c"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The sites, each once; exit 2 for a name that is none."""
        if isinstance(value, tuple):
            return value
        sites = tuple(str(value).replace(" ", "").split(","))
        wrong = [site for site in sites if site not in SITES]
        if wrong or len(set(sites)) < len(sites):
            self.fail(f"{value!r}: expected each once of {', '.join(SITES)}, with commas between.", param, ctx)
        return sites


@click.command(epilog="Example:  hiphinge simulate desk-day --hours 8 --seed 3 -o monday.mcap")
@click.argument("name", metavar="SCENARIO", type=click.Choice(list(SCENARIOS)))
@click.option("--hours", type=Number(0.1, 48.0), help="How long; a scenario's own length without it.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Another person, day.")
@click.option("--sites", type=Sites(), default=Wearing().sites, help="Where sensors are worn.  [default: three]")
@click.option("--rate-hz", type=Number(10.0, 1000.0), default=100.0, show_default=True, help="Of the sensors.")
@click.option("--start", type=Start(), help="Wall clock at the first instant.  [default: a Monday, 09:00 UTC]")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The recording to write.")
def command(
    *,
    name: str,
    hours: float | None,
    seed: int,
    sites: tuple[str, ...],
    rate_hz: float,
    start: datetime | None,
    output: Path,
) -> None:
    """Write what a virtual wearer's sensors would have sent.

    SCENARIO is workout, desk-day, hard-day, calibration-only, hinge-or-rounded or mixed.
    The truth goes beside FILE.mcap as FILE.truth.parquet: the angles at 100 Hz,
    the posture, and the repetition with whether its back was rounded. The same
    options give the same recording.
    """
    wearing = Wearing() if start is None else Wearing(start_utc_ns=nanoseconds(start), utc_offset_s=offset_s(start))
    played = scenario(name, hours=hours, seed=seed, sites=sites, rate_hz=rate_hz, wearing=wearing)
    arguments = f"{name} {hours} {seed} {sites} {rate_hz} {start}"
    with replacing(output) as recording, replacing(truth_beside(output)) as truth:
        write_recording(played, header(played, arguments), recording)
        write_truth(played, truth)
    click.echo(f"{output}: {played.duration / 60:.1f} minutes, {plural(len(played.lifts), 'repetition')}.")


def truth_beside(output: Path) -> Path:
    """monday.mcap -> monday.truth.parquet, in the same folder."""
    return output.with_name(output.name.removesuffix(".mcap") + ".truth.parquet")


def header(played: Simulation, arguments: str) -> Header:
    """Of the recording; its id comes from the arguments, so that it is the same again."""
    start = EPOCH + timedelta(microseconds=(played.wearing.start_utc_ns or 0) // 1000)
    return Header(
        recording_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"hiphinge simulate {arguments}")),
        created_utc=start.isoformat(timespec="seconds"),
        wearer=played.score.wearer.name,
        source="simulated",
        software=f"hiphinge {__version__}",
        sensors=played.sensors,
        monitor=settings.to_json(Params(sensors=played.sensors)),
    )


def write_recording(played: Simulation, head: Header, path: Path) -> None:
    """All inputs, a minute at a time."""
    with Writer(path, head, flush_s=FLUSH_S) as writer:
        for batch in with_progress("sensors", played.batches(), played.duration):
            writer.write(batch)


def write_truth(played: Simulation, path: Path) -> None:
    """All truth, a minute at a time."""
    writer = None
    try:
        for chunk in with_progress("truth", played.truth_chunks(), played.duration):
            table = pa.table({name: slim(name, column) for name, column in chunk.items()})
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def slim(name: str, column: NDArray[np.generic]) -> NDArray[np.generic]:
    """Angles (n,) as 32-bit floats, good to 1e-5°: half the file; times stay as they are."""
    return column.astype(np.float32) if name.endswith("_deg") else column


def with_progress(what: str, minutes: Iterable[Item], seconds: float) -> Iterator[Item]:
    """The same items, with a bar on stderr if that is a terminal."""
    columns = TextColumn(what), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        yield from bar.track(minutes, total=seconds / 60.0)


def nanoseconds(start: datetime) -> int:
    """Since 1970, UTC; exact to the microsecond."""
    return (start - EPOCH) // timedelta(microseconds=1) * 1000


def offset_s(start: datetime) -> int:
    """Of its zone from UTC."""
    return round((start.utcoffset() or timedelta(0)).total_seconds())
