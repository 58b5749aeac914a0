"""One path: the same inputs, however grouped, give the same outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Alert, Calibration, Event, Fed, Input, Outcome, Packet, PacketRun
from hiphinge.recording import Header, Writer, open_recording

KINDS = ("repetitions", "bouts", "alerts", "cues", "events")


@pytest.fixture(scope="module")
def log() -> list[Input]:
    """Two and a half minutes of a workout with losses, a gap, and a sensor that dies."""
    faults = (simulate.Loss(), simulate.Gap("sacrum", 60.0, 3.0), simulate.Dead("thigh_right", 120.0))
    played = simulate.scenario("workout", seed=3, faults=faults)
    return [one for batch in played.batches() for one in batch]


@pytest.fixture(scope="module")
def params(log: list[Input]) -> monitor.Params:
    return monitor.Params(sensors=simulate.scenario("workout", seed=3).sensors)


@pytest.fixture(scope="module")
def calibration(log: list[Input], params: monitor.Params) -> Calibration:
    spans = wizard.marked(log)
    return wizard.calibrate_recording(params, [log], spans)


def fed(params: monitor.Params, calibration: Calibration, groups: Iterable[Sequence[Fed]]) -> list[Outcome]:
    watched = monitor.Monitor(params, calibration)
    return [*(watched.feed(group) for group in groups), watched.finish()]


def told(outcomes: Sequence[Outcome]) -> tuple[list[object], ...]:
    return tuple(sorted((e for o in outcomes for e in getattr(o, kind)), key=when) for kind in KINDS)


def when(thing: object) -> tuple[float, str]:
    """A stable order: in time, then by name."""
    return getattr(thing, "t", getattr(thing, "start", 0.0)), getattr(thing, "kind", "")


def same(a: Sequence[Outcome], b: Sequence[Outcome]) -> None:
    for name in a[0].angles.angles:
        one, other = (np.concatenate([o.angles[name] for o in outcomes]) for outcomes in (a, b))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12, err_msg=name)
    np.testing.assert_array_equal(*(np.concatenate([o.angles.t for o in x]) for x in (a, b)))
    np.testing.assert_array_equal(*(np.concatenate([o.angles.flags for o in x]) for x in (a, b)))
    for one, other in zip(told(a), told(b), strict=True):
        assert [plain(x) for x in one] == [plain(y) for y in other]


def plain(thing: object) -> object:
    """Alerts exactly; what events, repetitions and bouts measure to 1e-12."""
    if isinstance(thing, Alert):
        return thing
    fields = dict(thing.data) | {"t": thing.t, "kind": thing.kind} if isinstance(thing, Event) else asdict(thing)
    return {n: pytest.approx(x, abs=1e-12, nan_ok=True) if isinstance(x, float) else x for n, x in fields.items()}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_groups_give_the_same(
    log: list[Input], params: monitor.Params, calibration: Calibration, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, len(log), size=40 * 4**seed))
    groups = [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]
    same(fed(params, calibration, [log]), fed(params, calibration, groups))


def test_one_at_a_time_gives_the_same(log: list[Input], params: monitor.Params, calibration: Calibration) -> None:
    same(fed(params, calibration, [log]), fed(params, calibration, [[one] for one in log]))


def test_packets_in_runs_give_the_same(
    log: list[Input], params: monitor.Params, calibration: Calibration, tmp_path: Path
) -> None:
    """As analysis reads them; not to 1e-12 but exactly."""
    with Writer(tmp_path / "day.mcap", Header("id", "", "", "", "", params.sensors)) as writer:
        writer.write(log)
    recording = open_recording(tmp_path / "day.mcap")
    runs = list(recording.runs(30.0))
    assert sum(isinstance(one, PacketRun) for batch in runs for one in batch) > 300
    assert not any(isinstance(one, Packet) for batch in runs for one in batch)
    one, other = (fed(params, calibration, groups) for groups in (recording.batches(30.0), runs))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_equal((a.angles.t, *a.angles.angles.values()), (b.angles.t, *b.angles.angles.values()))
        np.testing.assert_array_equal(a.angles.flags, b.angles.flags)
        assert [repr(getattr(a, kind)) for kind in KINDS] == [repr(getattr(b, kind)) for kind in KINDS]
    groups: list[list[Fed]] = [[]]
    for single in chain.from_iterable(runs):
        groups[-1].append(single)
        if not isinstance(single, PacketRun):  # between these, runs of all sensors belong together
            groups.append([])
    same(one, fed(params, calibration, groups))


def test_inputs_are_untouched(log: list[Input], params: monitor.Params, calibration: Calibration) -> None:
    before = [one.payload for one in log if isinstance(one, Packet)]
    fed(params, calibration, [log])
    assert before == [one.payload for one in log if isinstance(one, Packet)]
