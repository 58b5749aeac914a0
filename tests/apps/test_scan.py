"""``hiphinge scan``: it leaves alone what somebody else holds, and leaves in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import pytest

from hiphinge.apps import owner, scan
from hiphinge.apps.cli import main
from hiphinge.sources.ble.radio import BACKEND

pytest.importorskip("bumble", reason="virtual: the extra [virtual] is not installed")


def test_while_a_session_holds_sensors_none_is_connected(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It might be one that the session is about to reach again; an adapter makes one connection at a time."""
    monkeypatch.setenv(BACKEND, "hiphinge.sources.virtual:air")
    with owner.owning("lift"):
        main(["scan", "--for", "2", "--json"])
    said = capsys.readouterr()
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert len(rows) == 3
    assert {(row["battery_pct"], row["trouble"]) for row in rows} == {(None, "")}
    assert said.err.startswith("No sensor is asked for its battery: lift is recording since")


@pytest.mark.skipif(sys.platform == "win32", reason="signals: Windows has none of these")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_the_end_of_the_terminal_ends_it_as_ctrl_c_does(name: str) -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), getattr(signal, name))
            await asyncio.sleep(20)
        finally:
            await asyncio.sleep(0)
            left.append("in order")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(scan.in_order(work()))
    assert left == ["in order"]
    assert signal.getsignal(getattr(signal, name)) is signal.SIG_DFL
