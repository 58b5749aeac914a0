from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import ImuBlock, SensorCalibration
from hiphinge.streams.calibrate import Params, SensorErrors
from tests.streams.lying import BIAS, GYR_BIAS, SCALE, measured

KNOWN = SensorCalibration(tuple(GYR_BIAS.tolist()), tuple(BIAS.tolist()), tuple(map(tuple, SCALE.tolist())))
STAGE = SensorErrors(Params({"sacrum": KNOWN, "thigh_left": SensorCalibration(gyr_bias=KNOWN.gyr_bias)}))


def block(n: int, sensor: str = "sacrum", seed: int = 0) -> ImuBlock:
    rng = np.random.default_rng(seed)
    t = np.arange(n, dtype=np.int64) * 10_000_000
    return ImuBlock(sensor, t, rng.normal(0, 10, (n, 3)), rng.normal(0, 3, (n, 3)), t + 5, np.zeros(n, bool))


def part(whole: ImuBlock, start: int, stop: int) -> ImuBlock:
    span = slice(start, stop)
    arrays = (whole.t_ns, whole.acc, whole.gyr, whole.arrival_ns, whole.clipped)
    return ImuBlock(whole.sensor, *(a[span] for a in arrays))


def test_known_errors_come_off() -> None:
    truth = block(500)
    raw = ImuBlock("sacrum", truth.t_ns, measured(truth.acc), truth.gyr + GYR_BIAS, truth.arrival_ns, truth.clipped)
    corrected = STAGE.correct(raw)
    assert np.allclose(corrected.acc, truth.acc, atol=1e-12)
    assert np.allclose(corrected.gyr, truth.gyr, atol=1e-12)
    assert corrected.t_ns is raw.t_ns
    assert corrected.clipped is raw.clipped


@given(st.lists(st.integers(0, 64), max_size=8))
def test_any_grouping_gives_the_same_bits(cuts: list[int]) -> None:
    whole = block(64)
    edges = [0, *sorted(cuts), 64]
    pieces = [STAGE.correct(part(whole, a, b)) for a, b in pairwise(edges)]
    assert np.concatenate([p.acc for p in pieces]).tobytes() == STAGE.correct(whole).acc.tobytes()
    assert np.concatenate([p.gyr for p in pieces]).tobytes() == STAGE.correct(whole).gyr.tobytes()


def test_one_by_one_gives_the_same_bits() -> None:
    whole = block(1001)
    ones = [STAGE.correct(part(whole, i, i + 1)).acc for i in range(1001)]
    assert np.concatenate(ones).tobytes() == STAGE.correct(whole).acc.tobytes()


def test_the_input_stays_as_it_was() -> None:
    raw = block(10)
    acc, gyr = raw.acc.copy(), raw.gyr.copy()
    STAGE.correct(raw)
    assert (raw.acc == acc).all()
    assert (raw.gyr == gyr).all()


def test_nothing_known_costs_nothing() -> None:
    raw = block(10, "upper_lumbar")
    assert STAGE.correct(raw) is raw
    assert SensorErrors(Params({"upper_lumbar": SensorCalibration()})).correct(raw) is raw


def test_a_bias_alone_leaves_the_accelerometer_alone() -> None:
    raw = block(10, "thigh_left")
    assert STAGE.correct(raw).acc is raw.acc
    assert np.allclose(STAGE.correct(raw).gyr, raw.gyr - GYR_BIAS)


def test_a_sensor_without_a_gyroscope_keeps_nan() -> None:
    raw = block(3)
    silent = ImuBlock("sacrum", raw.t_ns, raw.acc, np.full((3, 3), np.nan), raw.arrival_ns, raw.clipped)
    assert np.isnan(STAGE.correct(silent).gyr).all()
    assert np.isfinite(STAGE.correct(silent).acc).all()
