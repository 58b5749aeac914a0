"""One sensor's inputs -> its samples on the host's clock: where decoder and clock meet.

Monitor, recording and formats all hear a sensor through this, so that there is
one answer to what it said and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hiphinge.blocks import Bools, Exchange, Floats, ImuBlock, Link, Packet, PacketRun, Sensor, Times
from hiphinge.devices.driver import COUNTED, HOST, SYNCHRONISED, TIMES, UNSYNCHRONISED, Decoded, RunDecoder
from hiphinge.devices.registry import DECODERS
from hiphinge.errors import DecodeError, SettingsError
from hiphinge.streams import clock

KEPT_NS = 10_000_000_000
"""Of rates of turn, for a twist of all sensors in one hand (5 s, asked for when it is over)."""


class Reception:
    """Packets and links of one sensor, in their order, become samples. KeyError: an unknown device.

    ``clock`` is None where the samples are on the host's time already;
    ``samples`` counts them; ``member``: of a clock that several sensors share (see
    :func:`clock.agree`).
    """

    def __init__(self, sensor: Sensor, params: clock.Params | None = None) -> None:
        self.sensor = sensor.sensor
        self.samples = 0
        self.clock: clock.Clock | None = None
        self._params = params or clock.Params()
        self.member = clock.Member(self._params.slew)
        self._decoder = DECODERS[sensor.device](sensor.sensor)
        self._run_decoder = self._decoder if isinstance(self._decoder, RunDecoder) else None
        self._exchanges: list[Exchange] = []
        self._time = HOST
        self._turned: list[tuple[Times, Times, Floats]] = []
        self._set_clock()

    def take(self, inputs: Sequence[Packet | PacketRun | Link]) -> tuple[ImuBlock, tuple[DecodeError, ...]]:
        """The samples that became known, t_ns on the host's clock, and an error for each bad packet."""
        blocks: list[ImuBlock] = []
        errors: list[DecodeError] = []
        heard: list[Packet | PacketRun] = []
        for one in inputs:
            if not isinstance(one, Link):
                heard.append(one)
                continue
            blocks.append(self._decoded(heard, errors))
            heard = []
            self._decoder.follow(one)
            self._set_clock()
            self._share(one)
        blocks.append(self._decoded(heard, errors))
        return together(blocks), tuple(errors)

    @property
    def twisted(self) -> bool:
        """Whether a twist aligned the clock, and the device has not begun anew since."""
        return self.clock is not None and self.clock.shifted

    @property
    def error(self) -> float | None:
        """One standard deviation, s, of its times: to the sensors that it shares a clock with, else to the host's."""
        if self.clock is None:
            return None
        return self.clock.error if self.member.apart is None else self.member.apart

    def turned(self, start_ns: int, end_ns: int) -> tuple[Times, Floats]:
        """Times (n,) ns, as the clock knows them now, and rates of turn (n, 3) rad/s between two instants.

        Of the last KEPT_NS. A clock that learnt within the twist would have given it two offsets.
        """
        if not self._turned or not self.clock:
            return np.empty(0, np.int64), np.empty((0, 3))
        placed, t, gyr = (np.concatenate(x) for x in zip(*self._turned, strict=True))
        inside = (placed >= start_ns) & (placed <= end_ns)
        return self.clock.now_known(t[inside], placed[inside] - self.member.by_ns) + self.member.by_ns, gyr[inside]

    def shift(self, offset_ns: int, error: float) -> None:
        """Add what a twist found to all times from now on, known to ``error`` s."""
        if self.clock:
            self.clock.shift(offset_ns + self.member.folded(), error)

    def _share(self, link: Link) -> None:
        """The sensor says that its clock is one with others, or its own."""
        if link.state == SYNCHRONISED:
            self.member.base = clock.Base.from_text(link.value)
        elif link.state == UNSYNCHRONISED:
            self.member.reset()

    def _set_clock(self) -> None:
        """A device may say only when it is configured whether it has a clock."""
        time = self._decoder.time
        if time not in TIMES:
            raise SettingsError(f"{self.sensor}: the decoder's time is {time!r}, expected one of {', '.join(TIMES)}.")
        if time != self._time:
            self._time = time
            self.clock = None if time == HOST else clock.Clock(self._params, counted=time == COUNTED)

    def _decode(self, heard: Sequence[Packet | PacketRun]) -> Decoded:
        """Runs as they are where the decoder takes them and nothing else was heard, else packet by packet."""
        runs = [one for one in heard if isinstance(one, PacketRun)]
        if self._run_decoder and len(runs) == len(heard) > 0:
            return self._run_decoder.decode_runs(runs)
        return self._decoder.decode(
            [p for one in heard for p in ((one,) if isinstance(one, Packet) else one.packets())]
        )

    def _decoded(self, heard: Sequence[Packet | PacketRun], errors: list[DecodeError]) -> ImuBlock:
        block, bad, exchanges = self._decode(heard)
        errors += bad
        self.samples += len(block)
        if self.clock is None:
            return self._possible(block, errors)
        self._exchanges += exchanges
        placed = self.member.place(self._placed(self.clock, block))
        self._keep(placed.t_ns, block)
        return placed

    def _possible(self, block: ImuBlock, errors: list[DecodeError]) -> ImuBlock:
        """Without samples that say they were taken long after they were heard: whoever believed them would wait."""
        late = block.t_ns - block.arrival_ns
        beyond = late > self._params.impossible * 1e9
        if not beyond.any():
            return block
        message = (
            f"{self.sensor}: {beyond.sum()} samples stamped up to {late.max() / 1e9:.3g} s after they were heard, "
            "expected none. They are left out; look at what sets its clock."
        )
        errors.append(DecodeError(message, arrival_ns=int(block.arrival_ns[beyond][0])))
        return rows(block, ~beyond)

    def _placed(self, running: clock.Clock, block: ImuBlock) -> ImuBlock:
        """Each exchange is known to the samples that were heard after it, to no others."""
        parts: list[ImuBlock] = []
        while self._exchanges and len(block) and block.arrival_ns[-1] > self._exchanges[0].host_received_ns:
            one = self._exchanges.pop(0)
            i = int(np.searchsorted(block.arrival_ns, one.host_received_ns, side="right"))
            parts += [running.place(rows(block, slice(None, i))), running.place(rows(block, slice(i, i)), (one,))]
            block = rows(block, slice(i, None))
        return together([*parts, running.place(block)])

    def _keep(self, placed: Times, block: ImuBlock) -> None:
        if len(block):
            self._turned.append((placed, block.t_ns, block.gyr))
            while self._turned[0][0][-1] < placed[-1] - KEPT_NS:
                self._turned.pop(0)


def rows(block: ImuBlock, cut: slice | Bools) -> ImuBlock:
    """Some of the samples, in order; ``cut`` may be a mask (n,)."""
    names = ("t_ns", "acc", "gyr", "arrival_ns", "clipped")
    return replace(block, **{name: getattr(block, name)[cut] for name in names})


def together(blocks: Sequence[ImuBlock]) -> ImuBlock:
    """Blocks of one sensor, one after the other, as one."""
    some = [block for block in blocks if len(block)] or list(blocks[-1:])
    if len(some) == 1:
        return some[0]
    names = ("t_ns", "acc", "gyr", "arrival_ns", "clipped")
    return ImuBlock(some[0].sensor, *(np.concatenate([getattr(b, name) for b in some]) for name in names))
