"""A D-Bus daemon of the test's own, in a process group that ends with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

MISSING = "dbus: no dbus-daemon on this machine"

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


def is_there() -> bool:
    """Whether this machine has a daemon."""
    return shutil.which("dbus-daemon") is not None


class PrivateBus:
    """Running from ``start`` to ``stop``; ``address`` is for DBUS_SYSTEM_BUS_ADDRESS."""

    def __init__(self, folder: Path) -> None:
        self.address = ""
        self._file = folder / "bus.conf"
        self._file.write_text(CONFIGURATION.format(folder=folder), "utf-8")
        self._running: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._running is not None

    def start(self) -> None:
        """Return when clients may connect."""
        # Its stderr would hold a CI pipe open for ever if this process were killed; hence the group, too.
        self._running = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._file}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        assert self._running.stdout is not None
        self.address = self._running.stdout.readline().strip()
        assert self.address, "dbus-daemon: no address printed"

    def stop(self) -> None:
        """Kill it; twice is no error."""
        if self._running is not None:
            end(self._running)
            self._running = None


def end(process: subprocess.Popen[str]) -> None:
    """Kill the process with its group, and close what it was read by."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[PrivateBus]:
    """Started, and killed in any case."""
    bus = PrivateBus(folder)
    try:
        bus.start()
        yield bus
    finally:
        bus.stop()
