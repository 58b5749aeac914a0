"""What is shown of what is worn: the contract's table of set-ups."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.apps.live.angles import Shown
from hiphinge.apps.words import NOT_OBSERVABLE
from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR


@pytest.mark.parametrize(
    ("sites", "back", "hip"),
    [
        ((UPPER_LUMBAR, SACRUM, THIGH_LEFT), "Low back", "Hip"),
        ((UPPER_LUMBAR, SACRUM, THIGH_LEFT, THIGH_RIGHT), "Low back", "Hips, mean of both"),
        ((UPPER_LUMBAR, SACRUM), "Low back", "Pelvis tilt"),
        ((SACRUM, THIGH_RIGHT), NOT_OBSERVABLE, "Hip"),
        ((UPPER_LUMBAR, THIGH_RIGHT), "Low back, about", "Thigh"),
        ((THIGH_LEFT, THIGH_RIGHT), NOT_OBSERVABLE, "Thigh"),
        ((UPPER_LUMBAR,), "Trunk", NOT_OBSERVABLE),
        ((SACRUM,), NOT_OBSERVABLE, "Pelvis tilt"),
    ],
)
def test_only_what_can_be_seen_is_named(sites: tuple[str, ...], back: str, hip: str) -> None:
    shown = Shown(sites)
    assert back in shown.back_label
    assert hip in shown.hip_label


def test_rows_hold_what_is_known() -> None:
    both = Shown((UPPER_LUMBAR, SACRUM, THIGH_LEFT, THIGH_RIGHT))
    angles = {"lumbar_flexion": 10.0, "hip_flexion_left": 20.0, "hip_flexion_right": 40.0, "thigh_elevation_right": 5.0}
    (row,) = both.rows(np.array([7.0]), {name: np.array([x]) for name, x in angles.items()})
    assert row[:3].tolist() == [7.0, 10.0, 30.0]
    assert np.isnan(row[3:6]).all()
    assert row[6] == 5.0
