"""The bench as tests hold it: a private bus, a fake bluetoothd on it, and hands that break both."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bluez.private_bus import PrivateBus, end, private_bus

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"


class Bench:
    """``address`` of the bus for DBUS_SYSTEM_BUS_ADDRESS; every method returns when it has taken effect there."""

    def __init__(self, bus: PrivateBus, words: tuple[str, ...] = ()) -> None:
        self._bus, self._words = bus, words
        self._bluetoothd: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """Of the bus; it stays when the daemon is started again."""
        return self._bus.address

    # --- what goes wrong --------------------------------------------------------------------

    def drop(self, site: str) -> None:
        """The sensor closes its link."""
        self._tell("drop", site=site)

    def vanish(self, site: str) -> None:
        """bluetoothd forgets the device: every call to it is UnknownObject."""
        self._tell("vanish", site=site)

    def power(self, on: bool) -> None:
        """The adapter is switched off or on."""
        self._tell("power", on=on)

    def remove_adapter(self) -> None:
        """It is pulled out."""
        self._tell("remove")

    def fail_connects(self, *errors: tuple[str, str]) -> None:
        """The next Connects raise these (name, text)."""
        self._tell("trouble", connect=errors)

    def fail_scans(self, *errors: tuple[str, str]) -> None:
        """The next StartDiscoverys raise these (name, text)."""
        self._tell("trouble", scan=errors)

    def hang_connects(self, times: int) -> None:
        """So many Connects never return."""
        self._tell("trouble", hanging=times)

    def leave_unresolved(self, times: int) -> None:
        """So many links never list their services."""
        self._tell("trouble", unresolved=times)

    def kill_bluetoothd(self) -> None:
        """It crashes; the bus lives."""
        if self._bluetoothd is not None:
            end(self._bluetoothd)
            self._bluetoothd = None

    def kill_bus(self) -> None:
        """The bus dies, and with it bluetoothd."""
        self._bus.stop()
        self.kill_bluetoothd()

    # --- and is well again ------------------------------------------------------------------

    def restore(self) -> None:
        """Adapter on, three sensors, nothing connected, nothing wrong; whatever died is started."""
        if self._bluetoothd is not None and self._bluetoothd.poll() is None:
            self._tell("reset")
            return
        self.kill_bluetoothd()
        self.start()

    def start(self) -> None:
        """The bus, where it is dead, and bluetoothd."""
        if not self._bus.is_running:
            self._bus.start()
        self._bluetoothd = subprocess.Popen(
            [sys.executable, "-m", "tests.bluez.bluetoothd", *self._words],
            cwd=ROOT,
            env=os.environ | {VARIABLE: self._bus.address},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        assert self._answer() == "ready"

    def made(self) -> dict[str, int]:
        """Packets that each sensor has made of samples, by address."""
        found: dict[str, int] = self._tell("made")
        return found

    def _tell(self, do: str, **arguments: Any) -> Any:
        assert self._bluetoothd is not None
        assert self._bluetoothd.stdin is not None
        self._bluetoothd.stdin.write(json.dumps({"do": do} | arguments) + "\n")
        self._bluetoothd.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._bluetoothd is not None
        assert self._bluetoothd.stdout is not None
        line = self._bluetoothd.stdout.readline()
        assert line, "the fake bluetoothd ended"
        return json.loads(line)


@contextlib.contextmanager
def bench(folder: Path, *words: str) -> Iterator[Bench]:
    """Running; killed in any case. ``words`` are bluetoothd's."""
    with private_bus(folder) as bus:
        made = Bench(bus, words)
        try:
            made.start()
            yield made
        finally:
            made.kill_bluetoothd()
