"""Values that no stage can work with."""

from __future__ import annotations

import pytest

from hiphinge import settings
from hiphinge.errors import SettingsError
from hiphinge.monitor import Params


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("align.rate", "50"),
        ("lifts.rate", "0"),
        ("orientation.tau_acc", "0"),
        ("orientation.tau_acc", "-1"),
        ("heading.window", "0"),
        ("align.largest", "0"),
        ("wear.stillness.hold", "1000000000"),
        ("rounding.on_share", "0"),
        ("signal.window", "-1"),
    ],
)
def test_what_no_stage_can_work_with_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name.replace(".", r"\.")) as refusal:
        settings.override(Params(), {name: value})
    assert refusal.value.name == name


@pytest.mark.parametrize(
    ("name", "value"), [("alerts.per_hour", "0"), ("rounding.dwell", "0"), ("align.bridge", "0.2")]
)
def test_what_a_wearer_may_want_is_taken(name: str, value: str) -> None:
    assert settings.override(Params(), {name: value}) != Params()


def test_an_older_recording_loses_only_the_names_that_are_gone() -> None:
    old = settings.to_json(settings.override(Params(), {"rounding.on_share": "0.7"}))
    text = old.replace('"on_share"', '"on_share": 0.7, "gone_deg": 3.0, "off_share_ignored"', 1)
    text = text.replace('"off_share_ignored": 0.7,', "", 1)
    params, gone = settings.from_recording(text)
    assert gone == ("rounding.gone_deg",)
    assert params.rounding.on_share == 0.7
