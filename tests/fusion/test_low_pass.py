"""The low-pass in numpy alone is that of scipy.signal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

from hiphinge.fusion.low_pass import STRETCH, LowPass


@given(st.floats(0.5, 300.0), st.integers(0, 2000), st.integers(1, 3), st.floats(-10, 10))
def test_it_equals_lfilter(samples: float, n: int, columns: int, initial: float) -> None:
    x = np.random.default_rng(n).normal(5.0, 3.0, (n, columns))
    a = np.exp(-1.0 / samples)
    wanted = lfilter([1 - a], [1, -a], x, axis=0, zi=np.full((1, columns), a * initial))[0] if n else x
    np.testing.assert_allclose(LowPass(samples, np.full(columns, initial)).follow(x), wanted, atol=1e-9)


def test_a_step_reaches_its_share_after_one_time_constant() -> None:
    y = LowPass(50.0).follow(np.ones(400))
    assert y[49] == pytest.approx(1 - np.exp(-1))
    assert y[-1] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("cut", [1, 199, 200, 201, 999])
def test_it_carries_on_where_it_was_left(cut: int) -> None:
    x = np.random.default_rng(1).normal(size=1000)
    whole, parts = LowPass(200 / STRETCH), LowPass(200 / STRETCH)
    both = np.concatenate((parts.follow(x[:cut]), parts.follow(x[cut:])))
    np.testing.assert_allclose(both, whole.follow(x), rtol=0, atol=1e-12)
