"""The calibration: from marked or found movements to zeros, axes and the person's own range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hiphinge.blocks import Bools, Calibration, Input, MotionBlock
from hiphinge.errors import CalibrationRefused
from hiphinge.intake import Intake
from hiphinge.monitor import Params
from hiphinge.wizard import search
from hiphinge.wizard.calibrator import calibrate
from hiphinge.wizard.spans import Span, guided, labels, marked

__all__ = ["Span", "calibrate", "calibrate_guided", "calibrate_recording", "labels", "marked"]

SEARCHED = 20 * 60.0
"""s of a recording that are searched at a time for unmarked movements."""
OVERLAP = 5 * 60.0
"""s of them that are searched again with the next: longer than any calibration, so that one of both holds it whole."""


def calibrate_recording(
    params: Params,
    batches: Iterable[Sequence[Input]],
    spans: Sequence[Span] = (),
    *,
    wearer: str = "",
    created_utc: str = "",
) -> Calibration:
    """The calibration inside a recording: marked parts as marked, missing ones searched for.

    Raises CalibrationRefused where no quiet standing is marked or found.
    """
    if whole := guided(spans):
        motion = join([*_until(params, batches, whole[0].end)])
        return calibrate_guided(params, motion, whole, wearer=wearer, created_utc=created_utc)
    found = None
    for motion, end in _stretches(params, batches, spans):
        known = complete(params, motion, spans)
        if "stand" in labels(known):
            found = motion, known
            if min(s.start for s in known if s.label == "stand") < end - OVERLAP:
                break  # else the next stretch holds it too, and what follows it
    if found:
        return calibrate(params, *found, wearer=wearer, created_utc=created_utc)
    raise CalibrationRefused(
        "standing: no quiet, upright spell of 3 s was found, expected one before the first bend. "
        "Stand still for ten seconds at the start, or mark it in markers.csv.",
        part="stand",
    )


def calibrate_guided(
    params: Params, motion: MotionBlock, whole: Sequence[Span], *, wearer: str = "", created_utc: str = ""
) -> Calibration:
    """From what a guide marked: ``whole`` begins with the span of all of it; nothing is searched for.

    Raw ``motion`` from whenever on; the same at the end of the guide and from its recording.
    """
    inside = (motion.t >= whole[0].start) & (motion.t < whole[0].end)
    return calibrate(params, cut(motion, inside), whole[1:], wearer=wearer, created_utc=created_utc)


def complete(params: Params, motion: MotionBlock, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The marked spans, and what the search adds of standing, bends and sitting down."""
    have = labels(spans)
    if {"stand", "bend", "sit"} <= have or not len(motion):
        return tuple(spans)
    looking = search.Search(motion, search.Params(), params.mounting)
    marked = [s for s in spans if s.label == "stand"]
    stand = max(marked, key=lambda s: s.end - s.start) if marked else looking.stand()
    if stand is None:
        return tuple(spans)
    found = [m for m in looking.movements(stand) if m.label not in have]
    return (*spans, *([] if "stand" in have else [stand]), *found)


def _stretches(
    params: Params, batches: Iterable[Sequence[Input]], spans: Sequence[Span]
) -> Iterable[tuple[MotionBlock, float]]:
    """Raw motion in pieces of SEARCHED s, the first as long as the markers need, and the end of each.

    The next begins OVERLAP before that end; inf where nothing more can be gained by it.
    """
    last = max((s.end for s in spans), default=-np.inf) + 1.0
    marked = {"stand", "bend", "sit"} <= labels(spans)
    until = None
    held: list[MotionBlock] = []
    for block in _all(params, batches):
        held.append(block)
        until = max(last, float(block.t[0]) + (0.0 if marked else SEARCHED)) if until is None else until
        if block.t[-1] < until:
            continue
        whole = join(held)
        yield cut(whole, whole.t < until), np.inf if marked else until
        held = [cut(whole, whole.t >= until - OVERLAP)]
        until += SEARCHED - OVERLAP
    if held:
        yield join(held), np.inf


def _all(params: Params, batches: Iterable[Sequence[Input]]) -> Iterable[MotionBlock]:
    """Raw motion, block by block, none of them empty."""
    intake = Intake(params)
    for batch in batches:
        yield from (block for block in intake.take(batch) if len(block))
    yield from (block for block in intake.finish() if len(block))


def _until(params: Params, batches: Iterable[Sequence[Input]], end: float) -> Iterable[MotionBlock]:
    """Raw motion up to ``end`` s at least, as far as there is any."""
    for block in _all(params, batches):
        yield block
        if block.t[-1] > end:
            return


def cut(motion: MotionBlock, inside: Bools) -> MotionBlock:
    """Its instants ``inside`` (n,)."""
    parts = (motion.acc[:, inside], motion.gyr[:, inside], motion.flags[:, inside])
    return MotionBlock(motion.t[inside], motion.sites, *parts)


def join(blocks: Sequence[MotionBlock]) -> MotionBlock:
    """Consecutive blocks as one."""
    return MotionBlock(
        np.concatenate([b.t for b in blocks]),
        blocks[0].sites,
        np.concatenate([b.acc for b in blocks], axis=1),
        np.concatenate([b.gyr for b in blocks], axis=1),
        np.concatenate([b.flags for b in blocks], axis=1),
    )
