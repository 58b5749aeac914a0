"""Which decoder reads which device. One line a device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from hiphinge.blocks import ImuBlock, Packet
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import DecodeError


class Decoder(Protocol):
    """Bytes of one sensor -> samples; may keep what a stream needs (a tick to unwrap)."""

    def decode(self, packets: Sequence[Packet]) -> tuple[ImuBlock, tuple[DecodeError, ...]]:
        """Samples of the good packets in order, and an error for each bad one."""
        ...


DECODERS: dict[str, Callable[[str], Decoder]] = {hiphinge_imu.NAME: hiphinge_imu.Decoder}
