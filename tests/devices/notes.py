"""What the tests of drivers share: the examples of a note, a scripted device, blocks side by side."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from hiphinge.blocks import ImuBlock, Link, Packet
from hiphinge.devices.driver import CONFIGURED, CONNECTED, Ask, Configuration, Decoded, Decoder, Step, Steps

T = TypeVar("T")
SENSOR = "C4:7F:51:0A:00:12"
COLUMNS = ("t_ns", "acc", "gyr", "arrival_ns", "clipped")


def note(device: str) -> str:
    """``firmware_notes/<device>.md``."""
    return (Path(__file__).resolve().parents[2] / "firmware_notes" / f"{device}.md").read_text("utf-8")


def examples(text: str, fence: str) -> list[tuple[bytes, Any]]:
    """Bytes and what they mean, from each fence of this name that JSON follows."""
    found = re.findall(rf"```{fence}\n(.*?)```\n```json\n(.*?)```", text, re.DOTALL)
    return [(bytes.fromhex(raw), json.loads(meaning)) for raw, meaning in found]


def plain(text: str, fence: str) -> list[bytes]:
    """Bytes of each fence of this name."""
    return [bytes.fromhex(raw) for raw in re.findall(rf"```{fence}\n(.*?)```", text, re.DOTALL)]


def packet(payload: bytes, arrival_ns: int = 7, characteristic: str = "data") -> Packet:
    """As a link would log it."""
    return Packet(SENSOR, characteristic, arrival_ns, payload)


def set_up(decoder: Decoder, configuration: Configuration | str, arrival_ns: int = 0) -> Decoder:
    """Connected and configured."""
    text = configuration if isinstance(configuration, str) else configuration.to_text()
    decoder.follow(Link(arrival_ns, SENSOR, CONNECTED))
    decoder.follow(Link(arrival_ns, SENSOR, CONFIGURED, text))
    return decoder


def converse(steps: Steps[T], answer: Callable[[Step], bytes | None]) -> tuple[list[Step], T]:
    """Carry the steps out; what ``answer`` brings to an Ask must be what it accepts, or it brings nothing."""
    done: list[Step] = []
    brought: bytes | None = None
    while True:
        try:
            step = steps.send(brought)
        except StopIteration as end:
            return done, end.value
        done.append(step)
        brought = answer(step)
        if isinstance(step, Ask) and brought is not None and not step.accepts(brought):
            brought = None


def together(parts: Iterable[Decoded]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Columns and errors of several decodes."""
    some = list(parts)
    columns = {name: np.concatenate([getattr(d.block, name) for d in some]) for name in COLUMNS}
    return columns, [str(e) for d in some for e in d.errors]


def same_in_any_grouping(make: Callable[[], Decoder], packets: Sequence[Packet], cuts: Sequence[int]) -> ImuBlock:
    """Decode whole and cut; the same samples and errors, in finite time. Returns the whole."""
    whole = make().decode(packets)
    decoder = make()
    ends = [0, *sorted(min(c, len(packets)) for c in cuts), len(packets)]
    parts = [decoder.decode(packets[a:b]) for a, b in itertools.pairwise(ends)]
    columns, errors = together(parts)
    for name, column in columns.items():
        np.testing.assert_array_equal(column, getattr(whole.block, name), err_msg=name)
    assert errors == [str(e) for e in whole.errors]
    assert [x for d in parts for x in d.exchanges] == list(whole.exchanges)
    n = len(whole.block)
    shapes = {name: getattr(whole.block, name).shape for name in COLUMNS}
    assert shapes == {"t_ns": (n,), "acc": (n, 3), "gyr": (n, 3), "arrival_ns": (n,), "clipped": (n,)}
    return whole.block
