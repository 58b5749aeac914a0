"""Another radio for HIPHINGE_BLE_BACKEND: the virtual air, every notification noted in a file before it goes on.

A row is the instant (ns, the host's clock of arrivals) and a checksum. Written at once: it
outlives a kill -9 of the process, though not the machine.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.scanner import BaseBleakScanner

from hiphinge.sources import virtual
from hiphinge.sources.inbox import host_ns

FILE = "HIPHINGE_SIDE_LOG"
ROW = np.dtype([("at_ns", "<i8"), ("sensor", "S17"), ("sum", "<u4")])


def checksum(payload: bytes) -> int:
    """Of a notification."""
    return zlib.crc32(payload)


def read(file: Path) -> np.ndarray:
    """Whole rows so far."""
    content = file.read_bytes() if file.exists() else b""
    return np.frombuffer(content[: len(content) // ROW.itemsize * ROW.itemsize], ROW)


@asynccontextmanager
async def air() -> AsyncIterator[tuple[type[BaseBleakScanner], type[BaseBleakClient]]]:
    """The virtual air as HIPHINGE_VIRTUAL says."""
    file = os.open(os.environ[FILE], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    async with virtual.air() as (scanner, client):

        class Noting(client):  # type: ignore[valid-type,misc]  # a class made at run time
            async def start_notify(
                self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **options: Any
            ) -> None:
                def noted(payload: bytearray) -> None:
                    row = (host_ns(), self.address.encode(), checksum(bytes(payload)))
                    os.write(file, np.array(row, ROW).tobytes())
                    callback(payload)

                await super().start_notify(characteristic, noted, **options)

        yield scanner, Noting
    os.close(file)
