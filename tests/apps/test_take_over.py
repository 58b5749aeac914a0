"""Commands in processes of their own that want the same sensors: who holds them is said, and lets go when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from hiphinge import monitor, settings
from hiphinge.apps import owner
from hiphinge.apps.guided.run import Wish, run
from hiphinge.blocks import Sensor
from hiphinge.errors import HeldError

pytest.importorskip("bumble", reason="virtual: the extra [virtual] is not installed")

ADDRESS = "C4:7F:51:5E:00:01"
"""Of the virtual sensor on the upper low back."""
Start = Callable[..., subprocess.Popen[str]]
HIPHINGE = "from hiphinge.apps import cli, wear; wear.FIND_S = 600.0; cli.main()"
"""It never ends by itself what the next command is to end."""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """``start("wear", …)``: that command on the virtual air, ended with the test."""
    monkeypatch.setenv("HIPHINGE_BLE_BACKEND", "hiphinge.sources.virtual:air")
    monkeypatch.setenv("HIPHINGE_VIRTUAL", '{"sensors": {"upper_lumbar": "hiphinge_ble"}}')
    settings.save(monitor.Params(sensors=(Sensor(ADDRESS, "hiphinge_ble", "upper_lumbar"),)))
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HIPHINGE, *arguments]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        begun.append(subprocess.Popen(command, env=os.environ, text=True, **pipes))
        return begun[-1]

    yield begin
    for one in begun:
        one.kill()
        one.communicate()


def held_by(what: str) -> None:
    """Wait until this command holds the sensors."""
    until = time.monotonic() + 60.0
    while (card := owner.owner() or {}).get("what") != what:
        assert time.monotonic() < until, f"{card} holds the sensors, expected {what}"
        time.sleep(0.02)  # another process: there is nothing to wait for but its file


def test_each_says_what_it_does_and_lets_go_when_asked(start: Start) -> None:
    wearing = start("wear", "--set", "sacrum=C4:7F:51:5E:00:99")  # looks for what is not there
    held_by("wear")
    with pytest.raises(HeldError, match=r"wear is assigning sensors since \d\d:\d\d\..*--take-over"):
        run(Wish())

    calibrating = start("calibrate", "--take-over", "--json")
    said = wearing.communicate()[1]
    assert (wearing.returncode, said) == (1, "wear: another command has taken the sensors over. Nothing was kept.\n")
    held_by("calibrate")
    with pytest.raises(HeldError, match=r"calibrate is calibrating since \d\d:\d\d"), owner.owning("lift"):
        pass

    setting = start("wear", "--take-over", "--set", f"sacrum={ADDRESS}", "--json")
    assert list(json.loads(setting.communicate()[0])) == ["sacrum"]
    said = calibrating.communicate()[1]
    assert said == "calibrate: another command has taken the sensors over. Nothing was kept.\n"
    assert (calibrating.returncode, owner.owner(), settings.kept_calibration("")) == (1, None, None)
