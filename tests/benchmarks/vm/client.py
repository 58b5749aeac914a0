"""In the machine: hiphinge's own links over bleak's BlueZ backend; a line of JSON on what they had.

``python -m tests.benchmarks.vm.client SECONDS RATE_HZ``
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from bleak import BleakClient

from hiphinge.blocks import Input, Link, Packet, Sensor
from hiphinge.devices.driver import CONFIGURED, CONNECTED, LOST, Wanted
from hiphinge.devices.hiphinge_ble import NAME
from hiphinge.devices.registry import DRIVERS
from hiphinge.sources.ble import link
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.source import Bluetooth
from hiphinge.sources.inbox import Inbox
from tests.bluez.bluetoothd import ADDRESSES

PATIENCE_S = 90.0
"""Until all are connected: this machine may be emulated on a busy one. For the same reason the links get more."""


async def main(seconds: float, rate_hz: float) -> dict[str, Any]:
    """All connected, then so many seconds of data, then left."""
    link.FIRST_S, link.CONNECT_S, link.SET_UP_S = 40.0, 40.0, 40.0
    link.LEAVE_S, link.SILENCE_S = 20.0, 15.0
    worn = [Sensor(address, NAME, site) for site, address in ADDRESSES.items()]
    source, inbox, log = Bluetooth(Radio(), worn, Wanted(rate_hz=rate_hz)), Inbox(), list[Input]()
    began = time.monotonic()
    running = asyncio.create_task(source.run(inbox))
    configured = began
    while time.monotonic() < began + PATIENCE_S and len(states(log, CONFIGURED)) < len(worn) and not running.done():
        await asyncio.sleep(0.1)
        log += inbox.take()
        configured = time.monotonic()
    await asyncio.wait((running,), timeout=seconds)
    ended = time.monotonic()
    running.cancel()
    await asyncio.wait((running,))
    return {"backend": backend(), "connect_s": configured - began, **told(log + inbox.take(), ended - configured)}


def told(log: list[Input], seconds: float) -> dict[str, Any]:
    """Links and numbers of packets; missing are the gaps in the sensors' own numbering."""
    missing = packets = samples = 0
    for address in ADDRESSES.values():
        decoder = DRIVERS[NAME].decoder(address)
        for one in log:
            if isinstance(one, Link) and one.sensor == address:
                decoder.follow(one)
            elif isinstance(one, Packet) and one.sensor == address:
                packets += one.characteristic == "data"
                samples += len(decoder.decode([one]).block)
        missing += decoder.lost  # type: ignore[attr-defined]  # this decoder counts
    return {
        "connected": len(states(log, CONNECTED)),
        "configured": len(states(log, CONFIGURED)),
        "lost": [one.value for one in log if isinstance(one, Link) and one.state == LOST],
        "radio": [one.value for one in log if isinstance(one, Link) and not one.sensor],
        "seconds": seconds,
        "packets": packets,
        "packets_per_s": packets / seconds,
        "samples": samples,
        "missing": missing,
    }


def states(log: list[Input], state: str) -> set[str]:
    """Sensors that reached it."""
    return {one.sensor for one in log if isinstance(one, Link) and one.state == state}


def backend() -> str:
    """Which of bleak's."""
    return str(BleakClient(ADDRESSES["sacrum"]).backend_id)


if __name__ == "__main__":
    sys.stdout.write("RESULT " + json.dumps(asyncio.run(main(float(sys.argv[1]), float(sys.argv[2])))) + "\n")
