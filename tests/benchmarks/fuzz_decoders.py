"""What a fuzzer does with a decoder: any bytes as packets and links, whole and one by one, must agree and not raise.

measure_decoders.py runs :func:`main` in a Python that has atheris and numpy, nothing else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hiphinge.blocks import Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED, LOST, Configuration, Decoded
from hiphinge.devices.registry import DECODERS, DRIVERS

SENSOR = "sensor"
COLUMNS = ("t_ns", "acc", "gyr", "arrival_ns", "clipped")
SHAPES = {"t_ns": (), "acc": (3,), "gyr": (3,), "arrival_ns": (), "clipped": ()}
LINKED = 4
"""Of 256 packets so many are links instead."""

_I16 = {"offset": 0, "type": "i16", "scale": 0.01, "unit": "m/s2", "range": 100}
_MORE: dict[str, list[dict[str, object]]] = {
    "hiphinge_ble": [
        {"acc_lsb": 0.005, "gyr_lsb": 0.001, "boot": 1},
        {"acc_lsb": 0.005, "gyr_lsb": None, "boot": 2},
    ],
    "witmotion": [{"clock": "device"}, {"clock": "counted"}],
    "movella_dot": [{"payload": 21}, {"payload": 26}],
    "metamotion": [{"chip": chip, "acc_lsb": 0.005, "gyr_lsb": 0.001} for chip in ("bmi160", "bmi270")],
    "movesense": [{"kind": "IMU6", "samples": 4}, {"kind": "IMU9", "samples": 1}],
    "open_earable": [{"width": 24, "acc_unit": 1.0}, {"width": 36, "acc_unit": 9.80665}],
    "polar_verity": [{"acc_factor": 0.000244, "gyr_factor": 0.061}, {"acc_factor": 1.0, "gyr_factor": 1.0}],
    "generic:described": [
        {
            "description": {
                "maker": "board",
                "name_prefix": "board",
                "rate_hz": 50,
                "header": 3,
                "sample": 6,
                "samples": 0,
                "characteristics": {"data": "6e400003-b5a3-f393-e0a9-e50e24dcca9e"},
                "acc": _I16,
                "tick": {"offset": 1, "type": "u16", "unit_us": 1000},
            }
        },
        {
            "description": {
                "maker": "floats",
                "name_prefix": "floats",
                "rate_hz": 100,
                "sample": 24,
                "big_endian": True,
                "characteristics": {"data": "6e400003-b5a3-f393-e0a9-e50e24dcca9e"},
                "acc": {**_I16, "type": "f32"},
                "gyr": {**_I16, "type": "f32", "offset": 12, "unit": "deg/s"},
            }
        },
    ],
}
NAMES = (*DECODERS, "generic:described")


class Step(NamedTuple):
    """Packets, or one link."""

    packets: tuple[Packet, ...] = ()
    link: Link | None = None


def configurations(name: str) -> list[str]:
    """Two that this decoder knows, as the log has them; the same for one that has none."""
    return [Configuration(100, 156.9, 34.9, more).to_text() for more in _MORE.get(name, [{}, {}])]


def refused() -> list[str]:
    """Decoders that do not take their configurations: they would be asked nothing."""
    found = []
    for name in NAMES:
        for text in configurations(name):
            decoder = DECODERS[name](SENSOR)
            decoder.follow(Link(0, SENSOR, CONNECTED))
            decoder.follow(Link(0, SENSOR, CONFIGURED, text))
            found += [f"{name}: {e}" for e in decoder.decode([]).errors]
    return found


def steps(name: str, some: bytes) -> Iterator[Step]:
    """The bytes as a log: each piece has its length, its characteristic and how much later it came."""
    texts = configurations(name)
    places = [*(DRIVERS[name].characteristics if name in DRIVERS else ()), "data"]
    arrival, packets, at = 0, list[Packet](), 0
    yield from connected(texts, 0, arrival)
    while at + 3 <= len(some):
        length, kind, later = some[at : at + 3]
        piece, at = some[at + 3 : at + 3 + length], at + 3 + length
        arrival += 1 << later % 44
        if kind >= 256 - LINKED:
            yield Step(tuple(packets))
            packets.clear()
            yield from linked(texts, kind, piece, arrival)
        else:
            packets.append(Packet(SENSOR, places[kind % len(places)], arrival, piece))
    yield Step(tuple(packets))


def connected(texts: Sequence[str], which: int, arrival: int) -> Iterator[Step]:
    """A new connection, configured."""
    yield Step(link=Link(arrival, SENSOR, CONNECTED))
    yield Step(link=Link(arrival, SENSOR, CONFIGURED, texts[which % len(texts)]))


def linked(texts: Sequence[str], kind: int, piece: bytes, arrival: int) -> Iterator[Step]:
    """Lost, connected, connected and configured, or configured with whatever these bytes say."""
    match kind % LINKED:
        case 0:
            yield Step(link=Link(arrival, SENSOR, LOST))
        case 1:
            yield Step(link=Link(arrival, SENSOR, CONNECTED))
        case 2:
            yield from connected(texts, len(piece), arrival)
        case _:
            yield Step(link=Link(arrival, SENSOR, CONFIGURED, piece.decode("utf-8", "replace")))


def play(name: str, some: bytes) -> int:
    """Decode whole and packet by packet; returns the samples. Raises whatever a decoder may not do."""
    whole, single = DECODERS[name](SENSOR), DECODERS[name](SENSOR)
    samples = 0
    for step in steps(name, some):
        if step.link is not None:
            whole.follow(step.link)
            single.follow(step.link)
            continue
        together = whole.decode(step.packets)
        apart = [single.decode([packet]) for packet in step.packets] or [single.decode([])]
        compare(together, apart)
        samples += len(together.block)
    return samples


def compare(together: Decoded, apart: Sequence[Decoded]) -> None:
    """The same samples, errors and exchanges, of the shapes that a block has."""
    n = len(together.block)
    for column in COLUMNS:
        found = getattr(together.block, column)
        if found.shape != (n, *SHAPES[column]):
            raise AssertionError(f"{column} has shape {found.shape} for {n} samples")
        parts = [getattr(one.block, column) for one in apart]
        if not np.array_equal(found, np.concatenate(parts), equal_nan=column in ("acc", "gyr")):
            raise AssertionError(f"{column} differs with the grouping")
    if sorted(map(str, together.errors)) != sorted(str(e) for one in apart for e in one.errors):
        raise AssertionError("errors differ with the grouping")
    if list(together.exchanges) != [x for one in apart for x in one.exchanges]:
        raise AssertionError("exchanges differ with the grouping")


def seeds(name: str) -> list[bytes]:
    """Whole logs to begin with: what the notes say of every device, in this decoder's places."""
    notes = Path(__file__).resolve().parents[2] / "firmware_notes"
    places = [*(DRIVERS[name].characteristics if name in DRIVERS else ()), "data"]
    found = []
    for path in sorted(notes.glob("*.md")):
        for raw in re.findall(r"```[a-z_0-9]+\n([0-9a-f \n]+)```", path.read_text("utf-8")):
            piece = bytes.fromhex(raw)[:255]
            for kind in range(len(places)):
                one = bytes([len(piece), kind, 24]) + piece
                found.append(one * 3)
    return found


def main(arguments: list[str]) -> None:
    """Fuzz one decoder; the process ends as libFuzzer ends it."""
    import atheris  # noqa: PLC0415  # in a Python of its own: it is not among the project's packages

    name, corpus, *options = arguments
    folder = Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (folder / f"seed-{number:04}").write_bytes(seed)

    def once(some: bytes) -> None:
        play(name, some)

    atheris.Setup([sys.argv[0], *options, str(folder)], once)
    atheris.Fuzz()
