"""The dice: the same for the same seed, as often as asked, and a queue that holds what a radio would."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.errors import SettingsError
from hiphinge.sources.virtual.faults import Mishaps, Params, Queue


def passed(params: Params, n: int = 5000, seed: int = 1) -> list[bytes]:
    """What comes out of n notifications, each put and asked for at its own ms."""
    queue = Queue(params, np.random.default_rng(seed))
    came = []
    for i in range(n):
        queue.put(i / 1000, "data", b"%d" % i, streamed=True)
        came += [payload for _, payload in queue.out(i / 1000, (i - 1) / 1000)]
    return came


def test_without_faults_everything_passes_at_once_in_order() -> None:
    assert passed(Params(), 100) == [b"%d" % i for i in range(100)]


def test_loss_is_as_large_as_asked_and_the_same_for_a_seed() -> None:
    lost = 5000 - len(passed(Params(loss=0.1)))
    assert 400 < lost < 600
    assert passed(Params(loss=0.1)) == passed(Params(loss=0.1)) != passed(Params(loss=0.1), seed=2)


def test_duplicates_and_nonsense() -> None:
    twice = passed(Params(duplicates=0.1))
    assert 5400 < len(twice) < 5600
    assert len(set(twice)) == 5000
    strange = [payload for payload in passed(Params(nonsense=0.1)) if not payload.isdigit()]
    assert 400 < len(strange) < 600


def test_answers_are_never_lost() -> None:
    queue = Queue(Params(loss=1.0), np.random.default_rng(0))
    queue.put(0.0, "data", b"sample", streamed=True)
    queue.put(0.0, "control", b"done", streamed=False)
    assert queue.out(0.0, 0.0) == [("control", b"done")]


def test_bursts_at_the_connection_interval() -> None:
    """Everything waits for the next multiple, then goes together."""
    queue = Queue(Params(interval=0.03), np.random.default_rng(0))
    queue.put(0.031, "data", b"a", streamed=True)
    queue.put(0.045, "data", b"b", streamed=True)
    assert queue.next_out(0.045) == pytest.approx(0.06)
    assert queue.out(0.05, 0.045) == []
    assert [payload for _, payload in queue.out(0.061, 0.05)] == [b"a", b"b"]
    assert queue.next_out(0.061) == np.inf


def test_a_stall_fills_the_queue_and_what_is_over_is_lost() -> None:
    queue = Queue(Params(queue=3), np.random.default_rng(0))
    queue.stall(1.0)
    for i in range(10):
        queue.put(0.1, "data", b"%d" % i, streamed=True)
    assert queue.out(0.9, 0.8) == []
    assert queue.next_out(0.9) == 1.0
    assert [payload for _, payload in queue.out(1.0, 0.9)] == [b"0", b"1", b"2"]


def test_a_late_loop_is_no_loss() -> None:
    """Only a stall fills the queue: a host that was busy for a second still gets all of it."""
    queue = Queue(Params(queue=3, interval=0.03), np.random.default_rng(0))
    for i in range(100):
        queue.put(1.0, "data", b"%d" % i, streamed=True)
    assert len(queue.out(1.03, 1.0)) == 100


def test_mishaps_come_as_often_as_asked() -> None:
    mishaps = Mishaps(np.random.default_rng(3), 10.0)
    mishaps.begin(0.0)
    struck = [t for t in np.arange(0, 10_000, 0.5) if mishaps.strikes(t)]
    assert 850 < len(struck) < 1150
    never = Mishaps(np.random.default_rng(3), 0.0)
    never.begin(0.0)
    assert not never.strikes(1e12)


@pytest.mark.parametrize("wrong", [{"loss": 0.6, "nonsense": 0.6}, {"duplicates": 2.0}, {"advertising": 0.0}])
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match=r"faults: .* expected"):
        Params(**wrong)  # type: ignore[arg-type]  # each is a float
