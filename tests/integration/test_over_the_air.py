"""From a box of sensors to the first lift, over virtual Bluetooth and bleak as installed; in simulated time."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hiphinge import settings, simulate
from hiphinge.apps.cli import main
from hiphinge.blocks import Sensor
from hiphinge.monitor import UNCALIBRATED, Params
from tests.integration.leaping import Clock, leap

worn = pytest.importorskip("hiphinge.sources.virtual.worn", reason="virtual: the extra [virtual] is not installed")

WORN = worn.Worn(seed=3, sensors={"upper_lumbar": "hiphinge_ble", "sacrum": "witmotion"})
clock = Clock()


@asynccontextmanager
async def air() -> AsyncIterator[tuple[type, type]]:
    """Two sensors on somebody who does what the guide says; see HIPHINGE_BLE_BACKEND."""
    async with worn.wearing(WORN, clock) as wearer:
        yield wearer.air.scanner, wearer.air.client


@pytest.fixture(autouse=True)
def on_the_air(monkeypatch: pytest.MonkeyPatch) -> None:
    global clock  # noqa: PLW0603  the backend takes no arguments
    monkeypatch.setenv("HIPHINGE_BLE_BACKEND", f"{__name__}:air")
    clock = leap(monkeypatch)


def hiphinge(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """The JSON lines of a command that succeeds."""
    main([*arguments, "--json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_worn_calibrated_checked_and_lifted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assigned = [f"--set={site}={worn.address(site)}" for site in WORN.sensors]
    assert list(hiphinge(capsys, "wear", *assigned)[0]) == ["upper_lumbar", "sacrum"]

    lines = hiphinge(capsys, "calibrate")
    verdicts = {line["step"]: line["message"] for line in lines if line["event"] == "verdict" and line["passed"]}
    assert list(verdicts) == ["stand", "bend"]
    kept = settings.kept_calibration("")
    assert kept is not None
    assert kept.id == lines[-1]["id"]
    person = simulate.scenario(WORN.scenario, seed=WORN.seed)
    assert kept.max_lumbar_flexion == pytest.approx(person.own_maximum, abs=math.radians(2))

    assert "Your calibration holds" in hiphinge(capsys, "calibrate", "--check")[-1]["message"]

    lifted = hiphinge(capsys, "lift", "--for", "28", "-o", str(tmp_path / "lift.mcap"))
    assert f"Own lumbar range {math.degrees(kept.max_lumbar_flexion):.0f}°." in lifted[0]["message"]
    assert any("Your calibration holds" in line.get("message", "") for line in lifted)
    bends = [line for line in lifted if line["event"] == "repetition"]  # the scenario begins with full ones
    true = np.rad2deg(person.score.at("lumbar", np.arange(0.0, 25.0, 0.01)).max())
    assert max(bend["peak_lumbar_flexion_deg"] for bend in bends) == pytest.approx(true, abs=2)
    assert lifted[-1]["event"] == "ended"


def test_a_calibration_that_nobody_can_answer_ends(capsys: pytest.CaptureFixture[str]) -> None:
    settings.save(Params(sensors=(Sensor(worn.address("thigh_left"), "witmotion", "thigh_left"),)))
    with pytest.raises(SystemExit) as ended:
        main(["calibrate"])
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == ["3/4 Stand tall: " + told.out.partition(": ")[2].strip()]
    assert "it ended at the step 'Stand tall'" in told.err
    assert 120 <= clock.now - 1000 < 300


def test_a_check_of_sensors_that_are_not_there_ends(capsys: pytest.CaptureFixture[str]) -> None:
    settings.save(Params(sensors=(Sensor(worn.address("thigh_left"), "witmotion", "thigh_left"),)))
    settings.keep_calibration(UNCALIBRATED)
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", "--check"])
    assert ended.value.code == 1
    assert "too little was heard" in capsys.readouterr().err
