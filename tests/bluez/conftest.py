"""The fixture ``bluez``: a fake org.bluez that bleak's own BlueZ backend talks to."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.bluez.bench import VARIABLE, Bench, bench
from tests.bluez.private_bus import MISSING, is_there


@pytest.fixture(scope="session")
def bluez_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bus and one bluetoothd for all tests; skipped where there is no dbus-daemon."""
    if sys.platform != "linux" or not is_there():
        pytest.skip(MISSING)
    with bench(tmp_path_factory.mktemp("bus")) as made:
        yield made


@pytest.fixture
def bluez(bluez_process: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """All well, three sensors of the open layout in the air, and bleak's system bus is this one."""
    bluez_process.restore()
    monkeypatch.setenv(VARIABLE, bluez_process.address)
    return bluez_process
