"""One contract for every stage: any grouping gives the same, inputs stay as they were.

A stage of the monitor without a row in :mod:`tests.contract.stages` fails here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hiphinge import monitor
from hiphinge.detect import sitting, wear
from tests.contract.stages import (
    STAGES,
    Stage,
    Stream,
    arrays,
    cut,
    plain,
    recorded,
    rough_packets,
    row_axis,
    rows,
    unknown,
)

SLOW_PART = slice(9600, 12900)
"""Rows that are also fed one by one: from 96 s on, with lifts, the gap and the sensor that dies."""

Said = tuple[dict[str, list[np.ndarray]], list[str]]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return STAGES[request.param]


# --- What came out ----------------------------------------------------------------------


def run(stage: Stage, pieces: Sequence[Stream]) -> Said:
    feed, finish = stage.build(recorded())
    return gathered([*(out for piece in pieces for out in feed(piece)), *finish()])


def gathered(outputs: Sequence[Any]) -> Said:
    """All numbers row by row, and everything else in words, in order of appearance."""
    numbers: dict[str, list[np.ndarray]] = {}
    words: list[str] = []
    for out in outputs:
        for part in out if isinstance(out, tuple) else (out,):
            for name, x in said(part, words):
                numbers.setdefault(name, []).append(x)
    return {name: [np.concatenate(parts)] for name, parts in numbers.items()}, words


def said(part: Any, words: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Arrays with their rows first; what is no array goes to ``words``."""
    if isinstance(part, tuple):
        for one in part:
            yield from said(one, words)
    elif hasattr(part, "__len__") or isinstance(part, wear.Verdict | sitting.Seen):
        for name, x in arrays(part).items():
            yield name, np.moveaxis(x, row_axis(part, x), 0)
        words += [repr(one) for name in ("events", "bouts") for one in getattr(part, name, ())]
    else:
        words.append(repr(part))


def same(one: Said, other: Said) -> None:
    """Numbers to 1e-12, the rest exactly."""
    assert one[0].keys() == other[0].keys()
    for name, (x,) in one[0].items():
        np.testing.assert_allclose(other[0][name][0], x, rtol=0, atol=1e-12, err_msg=name)
    assert sorted(one[1]) == sorted(other[1])


def pieces(stream: Stream, cuts: Sequence[int]) -> list[Stream]:
    return [cut(stream, a, b) for a, b in pairwise([0, *cuts, rows(stream)])]


# --- The contract -----------------------------------------------------------------------


def test_every_stage_of_the_monitor_has_a_row() -> None:
    """mounting and range_of_motion are no stages: the wizard asks them once; reminders are asked by the Admission."""
    others = {"sensors", "mounting", "range_of_motion", "reminders"}
    stages = {f.name for f in dataclasses.fields(monitor.Params)} - others
    assert {s.params for s in STAGES.values()} - {""} == stages


def test_params_are_frozen() -> None:
    for field in dataclasses.fields(monitor.Params):
        value = getattr(monitor.Params(), field.name)
        if dataclasses.is_dataclass(value):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(value, dataclasses.fields(value)[0].name, None)


def test_the_stages_have_something_to_say() -> None:
    """The recording sets off what the stages look for; else their contract would be empty."""
    talking = ("Lifts", "Rounding", "Postures", "Signal", "Admission", "Cues")
    silent = [name for name in talking if not run(STAGES[name], [STAGES[name].stream(recorded())])[1]]
    assert silent == []
    idle = run(STAGES["Wear"], [STAGES["Wear"].stream(recorded())])[0]["idle"][0]
    assert idle.max() > 60


@pytest.mark.parametrize("pieces_wanted", [3, 40, 600])
def test_random_groups_give_the_same(stage: Stage, pieces_wanted: int) -> None:
    stream = stage.stream(recorded())
    cuts = np.sort(np.random.default_rng(pieces_wanted).integers(0, rows(stream), pieces_wanted)).tolist()
    same(run(stage, [stream]), run(stage, pieces(stream, cuts)))


def test_one_by_one_gives_the_same(stage: Stage) -> None:
    """From the middle of the session on; every stage may begin anywhere."""
    whole = stage.stream(recorded())
    stream = cut(whole, SLOW_PART.start, SLOW_PART.stop) if rows(whole) > SLOW_PART.stop else whole
    same(run(stage, [stream]), run(stage, pieces(stream, range(1, rows(stream)))))


@pytest.mark.parametrize("blanks", [False, True])
def test_rough_packets_align_the_same(blanks: bool) -> None:
    """However they were handed on: as they came, all at once, in random groups."""
    for seed in range(60):
        stream = rough_packets(seed, blanks=blanks)
        cuts = np.sort(np.random.default_rng(seed).integers(0, len(stream) + 1, 6)).tolist()
        whole = run(STAGES["Aligner"], [stream])
        same(whole, run(STAGES["Aligner"], pieces(stream, range(1, len(stream)))))
        same(whole, run(STAGES["Aligner"], pieces(stream, cuts)))


def test_nothing_in_between_changes_nothing(stage: Stage) -> None:
    """Blocks without rows, before the first and after the last too."""
    stream = stage.stream(recorded())
    third = rows(stream) // 3
    parts = pieces(stream, [third, 2 * third])
    empty = stage.empty(stream)
    same(run(stage, parts), run(stage, [empty, parts[0], empty, empty, parts[1], parts[2], empty]))


def test_nothing_at_all_and_one_row(stage: Stage) -> None:
    stream = stage.stream(recorded())
    numbers, words = run(stage, [stage.empty(stream)])
    assert all(len(x) == 0 for (x,) in numbers.values())
    assert words == []
    run(stage, [cut(stream, 0, 1)])


@pytest.mark.parametrize("name", sorted(STAGES.keys() - {"Admission", "Cues"}))
def test_nothing_known_is_allowed(name: str) -> None:
    """NaN for a while, then samples again: no warning, no error, still the same in any grouping."""
    stage = STAGES[name]
    stream = stage.stream(recorded())
    third, half = rows(stream) // 3, rows(stream) // 2
    dark, light = unknown(cut(stream, 0, third)), cut(stream, third, half)
    once = run(stage, [dark, light])
    same(once, run(stage, [*pieces(dark, [1, 77, 78, third - 5]), *pieces(light, [1, 50, half - third - 9])]))


def test_inputs_stay_as_they_were_and_stages_share_nothing(stage: Stage) -> None:
    """All inputs are read-only; a second stage that runs in between hears nothing of the first."""
    stream = stage.stream(recorded())
    alone = run(stage, [stream])
    running = [(*stage.build(recorded()), []) for _ in range(2)]
    for piece in pieces(stream, [rows(stream) // 2]):
        for feed, _, outputs in running:
            outputs.extend(feed(piece))
    for _, finish, outputs in running:
        same(alone, gathered([*outputs, *finish()]))


def departure(block: Any) -> Any:
    """No stage: it looks at the whole block."""
    return replace(block, t=block.t - block.t.mean())


def overwriting(block: Any) -> Any:
    """No stage: it writes into what it was given."""
    block.t[:] = 0.0
    return block


@pytest.mark.parametrize(("verb", "error"), [(departure, AssertionError), (overwriting, ValueError)])
def test_what_breaks_the_contract_is_noticed(verb: Callable[[Any], Any], error: type[Exception]) -> None:
    broken = Stage("", lambda r: r.motion, lambda r: plain(verb))
    with pytest.raises(error):
        test_random_groups_give_the_same(broken, 3)
