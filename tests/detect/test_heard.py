"""Counting what could not be heard."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.blocks import FILLED, MISSING, MotionBlock
from hiphinge.detect.heard import Gap, Heard

SITES = ("sacrum", "thigh_left")


def block(first: int, flags: np.ndarray) -> MotionBlock:
    """Instants from ``first`` on with these flags (2, n)."""
    n = flags.shape[1]
    empty = np.full((2, n, 3), np.nan)
    return MotionBlock(np.arange(first, first + n) / 100.0, SITES, empty, empty, flags.astype(np.uint8))


@pytest.mark.parametrize("size", [1, 7, 250, 1000])
def test_gaps_and_loss_by_sensor(size: int) -> None:
    """A bridged instant is loss, a missing one a gap too, and so is stopping early."""
    flags = np.zeros((2, 1000), np.uint8)
    flags[0, 300:310], flags[0, 500:600], flags[1, 250:] = FILLED, MISSING, MISSING
    heard = Heard(SITES)
    for at in range(0, 1000, size):
        heard.count(block(at, flags[:, at : at + size]))
    assert heard.gaps() == (Gap("thigh_left", 2.5, 9.99), Gap("sacrum", 5.0, 6.0))
    assert heard.loss_pct() == pytest.approx({"sacrum": 11.0, "thigh_left": 75.0})


def test_a_sensor_that_was_never_heard() -> None:
    """Silent all the time."""
    heard = Heard(SITES)
    heard.count(block(0, np.array([[0] * 200, [int(MISSING)] * 200])))
    assert heard.gaps() == (Gap("thigh_left", 0.0, 1.99),)
    assert heard.loss_pct() == {"sacrum": 0.0, "thigh_left": 100.0}


def test_sensors_do_not_end_with_the_same_instant() -> None:
    """The last packet of one is heard a little before that of another; that is no silence."""
    heard = Heard(SITES)
    heard.count(block(0, np.array([[0] * 200, [0] * 170 + [int(MISSING)] * 30])))
    assert heard.gaps() == ()
