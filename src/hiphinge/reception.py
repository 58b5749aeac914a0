"""One sensor's inputs -> its samples on the host's clock: where decoder and clock meet.

Monitor, recording and formats all hear a sensor through this, so that there is
one answer to what it said and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hiphinge.blocks import ImuBlock, Link, Packet, Sensor
from hiphinge.devices.driver import HOST
from hiphinge.devices.registry import DECODERS
from hiphinge.errors import DecodeError

if TYPE_CHECKING:
    from hiphinge.streams import clock


class Reception:
    """Packets and links of one sensor, in their order, become samples. KeyError: an unknown device."""

    def __init__(self, sensor: Sensor, params: clock.Params | None = None) -> None:
        self.sensor = sensor.sensor
        self._decoder = DECODERS[sensor.device](sensor.sensor)
        self.samples = 0
        self.clock: clock.Clock | None = None
        if self._decoder.time != HOST:
            from hiphinge.streams import clock

            self.clock = clock.Clock(params or clock.Params(), self._decoder.time)

    def take(self, inputs: Sequence[Packet | Link]) -> tuple[ImuBlock, tuple[DecodeError, ...]]:
        """The samples that became known, t_ns on the host's clock, and an error for each bad packet."""
        blocks: list[ImuBlock] = []
        errors: list[DecodeError] = []
        packets: list[Packet] = []
        for one in inputs:
            if isinstance(one, Packet):
                packets.append(one)
                continue
            blocks.append(self._decode(packets, errors))
            packets = []
            self._decoder.follow(one)
        blocks.append(self._decode(packets, errors))
        return (blocks[0] if len(blocks) == 1 else together(blocks)), tuple(errors)

    def _decode(self, packets: Sequence[Packet], errors: list[DecodeError]) -> ImuBlock:
        block, bad, exchanges = self._decoder.decode(packets)
        errors += bad
        self.samples += len(block)
        return self.clock.place(block, exchanges) if self.clock else block


def together(blocks: Sequence[ImuBlock]) -> ImuBlock:
    """Blocks of one sensor, one after the other, as one."""
    names = ("t_ns", "acc", "gyr", "arrival_ns", "clipped")
    return ImuBlock(blocks[0].sensor, *(np.concatenate([getattr(b, name) for b in blocks]) for name in names))
