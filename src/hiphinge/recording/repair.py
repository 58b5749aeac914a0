"""A clean file out of a damaged one."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from hiphinge.errors import RecordingError
from hiphinge.recording.reader import Recording, open_recording
from hiphinge.recording.replacing import replacing
from hiphinge.recording.writer import Writer

MAX_NOTES = 100
"""Losses that the header of the new file names."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair saved and lost.

    ``lost_inputs`` and ``lost_s`` count what is missing between saved inputs;
    ``tail_unknown``: the end is damaged too, and how much it held nobody knows.
    """

    out: Path
    saved_inputs: int
    saved_s: float
    lost_inputs: int
    lost_s: float
    tail_unknown: bool
    damage: tuple[str, ...]


def repair(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> Repaired:
    """Write all that can be read of ``path`` to ``out``, numbered anew; ``path`` stays as it is.

    Raises RecordingError when nothing can be read, or ``out`` is ``path``.
    """
    if Path(path).resolve() == Path(out).resolve():
        raise RecordingError(f"{out}: the damaged recording itself, expected another name. Choose one for the repair.")
    recording = open_recording(path)
    with replacing(out) as temporary:
        first_ns, last_ns, saved = _copy(recording, temporary)
    return Repaired(
        out=Path(out),
        saved_inputs=saved,
        saved_s=(last_ns - first_ns) / 1e9,
        lost_inputs=recording.loss.inputs,
        lost_s=recording.loss.seconds,
        tail_unknown=recording.loss.tail_unknown,
        damage=tuple(recording.damage),
    )


def _copy(recording: Recording, out: Path) -> tuple[int, int, int]:
    """First and last arrival (ns) and the number of inputs.

    What was lost stands in the header, at the start: so the recording is read
    twice, once for its damage and once to be copied.
    """
    for _ in recording.batches():
        pass
    first_ns = last_ns = saved = 0
    with Writer(out, replace(recording.header, repairs=_notes(recording))) as writer:
        for batch in recording.batches():
            first_ns = first_ns if saved else batch[0].arrival_ns
            last_ns = batch[-1].arrival_ns
            saved += len(batch)
            writer.write(batch)
    return first_ns, last_ns, saved


def _notes(recording: Recording) -> tuple[str, ...]:
    notes = (*recording.header.repairs, *recording.damage)
    more = (f"{len(notes) - MAX_NOTES} more places",) if len(notes) > MAX_NOTES else ()
    return (*notes[:MAX_NOTES], *more)
