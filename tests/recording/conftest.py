"""A small day: three sensors, ten packets a second, ticks, a control and a link now and then."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hiphinge.blocks import SITES, Control, Input, Link, Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.recording import Header, Writer


def day(seconds: float) -> list[Input]:
    rng = np.random.default_rng(7)
    inputs: list[Input] = []
    for k in range(round(seconds * 10)):
        t_ns = np.arange(10 * k, 10 * k + 10) * 10_000_000
        for site in SITES[:3]:
            acc = rng.normal(size=(10, 3))
            payload = hiphinge_imu.encode(k, t_ns, acc, acc)
            inputs.append(Packet(site, hiphinge_imu.CHARACTERISTIC, int(t_ns[-1]), payload))
        if k % 10 == 0:
            inputs.append(Tick(int(t_ns[-1]), 1_700_000_000_000_000_000 + int(t_ns[-1]), 3600, "boot"))
        if k % 25 == 24:
            inputs.append(Control(int(t_ns[-1]), "mute", '{"minutes": 5}'))
            inputs.append(Link(int(t_ns[-1]), SITES[0], "battery", "81"))
    return inputs


@pytest.fixture(scope="session")
def inputs_of() -> Callable[[float], list[Input]]:
    """Seconds -> the inputs of such a day."""
    return day


@pytest.fixture(scope="session")
def inputs() -> list[Input]:
    return day(10.0)


@pytest.fixture(scope="session")
def header() -> Header:
    return Header(
        recording_id="3f2a",
        created_utc="2026-03-01T09:12:00Z",
        wearer="Ana",
        source="simulated",
        software="hiphinge 0.1.0",
        sensors=tuple(Sensor(site, hiphinge_imu.NAME, site) for site in SITES[:3]),
        monitor='{"grid": 50}',
        calibration='{"id": "c1"}',
    )


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, header: Header, inputs: list[Input]) -> bytes:
    """The bytes of the small day's file."""
    path = tmp_path_factory.mktemp("recorded") / "day.mcap"
    with Writer(path, header) as writer:
        writer.write(inputs)
    return path.read_bytes()
