"""A clean file out of a damaged one."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from hiphinge.errors import RecordingError
from hiphinge.recording.reader import Damage, Recording, open_recording
from hiphinge.recording.replacing import replacing
from hiphinge.recording.writer import Writer


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
        lost_inputs=sum(gap.lost or 0 for gap in _gaps(recording)),
        lost_s=sum((gap.to_s or 0.0) - gap.from_s for gap in _gaps(recording) if gap.from_s is not None),
        tail_unknown=any(d.lost is None for d in recording.damages),
        damage=tuple(recording.damage),
    )


def _copy(recording: Recording, out: Path) -> tuple[int, int, int]:
    """First and last arrival (ns) and the number of inputs. The header is written last known first:
    what was lost stands in it, so the file is read once for the damage and once to be copied.
    """
    for _ in recording.batches():
        pass
    header = replace(recording.header, repairs=(*recording.header.repairs, *recording.damage))
    first_ns = last_ns = saved = 0
    with Writer(out, header) as writer:
        for batch in recording.batches():
            first_ns = first_ns if saved else batch[0].arrival_ns
            last_ns = batch[-1].arrival_ns
            saved += len(batch)
            writer.write(batch)
    return first_ns, last_ns, saved


def _gaps(recording: Recording) -> list[Damage]:
    """Each gap once: flaws that follow each other share theirs."""
    gaps = {(d.from_s, d.to_s): d for d in recording.damages if d.lost}
    return list(gaps.values())
