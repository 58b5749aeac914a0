"""The calibration: from marked or found movements to zeros, axes and the person's own range."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hiphinge.blocks import Bools, Calibration, Input, MotionBlock
from hiphinge.errors import CalibrationRefused
from hiphinge.monitor import Intake, Params
from hiphinge.wizard import search
from hiphinge.wizard.calibrator import calibrate
from hiphinge.wizard.spans import Span, from_controls, guided, labels

__all__ = ["Span", "calibrate", "calibrate_guided", "calibrate_recording", "from_controls", "labels"]

SEARCHED = 20 * 60.0
"""s of a recording that are searched at a time for unmarked movements."""


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
    for motion in _stretches(params, batches, spans):
        known = complete(params, motion, spans)
        if "stand" in labels(known):
            return calibrate(params, motion, known, wearer=wearer, created_utc=created_utc)
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


def _stretches(params: Params, batches: Iterable[Sequence[Input]], spans: Sequence[Span]) -> Iterable[MotionBlock]:
    """Raw motion in pieces of SEARCHED s, the first as long as the markers need."""
    last = max((s.end for s in spans), default=-np.inf)
    searched = 0.0 if {"stand", "bend", "sit"} <= labels(spans) else SEARCHED
    intake = Intake(params)
    held: list[MotionBlock] = []
    until = None
    for batch in batches:
        held += [block for block in intake.take(batch) if len(block)]
        if not held:
            continue
        until = max(last + 1.0, float(held[0].t[0]) + searched) if until is None else until
        if held[-1].t[-1] > until:
            yield join(held)
            # A calibration that straddles the cut is seen whole in the next piece.
            held = held[-1:]
            until = float(held[0].t[0]) + SEARCHED
    held += [block for block in intake.finish() if len(block)]
    if held:
        yield join(held)


def _until(params: Params, batches: Iterable[Sequence[Input]], end: float) -> Iterable[MotionBlock]:
    """Raw motion up to ``end`` s at least, as far as there is any."""
    intake = Intake(params)
    for batch in batches:
        for block in intake.take(batch):
            yield block
            if len(block) and block.t[-1] > end:
                return
    yield from intake.finish()


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
