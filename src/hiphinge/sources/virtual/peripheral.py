"""A twin on the air: a bumble peripheral that advertises, answers, streams and suffers its faults, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from bumble import att, data_types
from bumble.core import UUID, AdvertisingData, DataType
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Connection
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import HCI_Error

from hiphinge.errors import SettingsError
from hiphinge.sources.virtual import faults
from hiphinge.sources.virtual.twin import READ_NOT_PERMITTED, WRITE_NOT_PERMITTED, Refused, Twin

if TYPE_CHECKING:
    from hiphinge.sources.virtual.space import Air

T = TypeVar("T")

LONGEST = 31
"""Bytes of an advertisement, and of a scan response (Core Specification 5.4, volume 6 B, 2.3); kernels drop longer."""
PERMISSIONS = Characteristic.READABLE | Characteristic.WRITEABLE
"""bumble does not look at them; what may be read and written is decided below."""


class Peripheral:
    """One virtual sensor, on from ``async with`` until its end. ``drop``, ``reboot`` and ``stall`` may be called.

    ``sent`` counts the notifications that went to the air, ``is_dead`` is an empty battery.
    """

    def __init__(
        self,
        air: Air,
        twin: Twin,
        *,
        params: faults.Params = faults.NONE,
        clock: Callable[[], float] = time.monotonic,
        on_stream: Callable[[float], None] = lambda now: None,
    ) -> None:
        self.twin, self.params = twin, params
        self.sent = 0
        self.is_dead = False
        self._clock, self._on_stream = clock, on_stream
        rng = np.random.default_rng([twin.identity.seed, *twin.identity.address.encode(), 1])
        self._queue = faults.Queue(params, rng)
        self._mishaps = {
            self.drop: faults.Mishaps(rng, params.disconnect_every),
            self.reboot: faults.Mishaps(rng, params.reboot_every),
            self.stall: faults.Mishaps(rng, params.stall_every),
        }
        self._characteristics: dict[str, Characteristic[bytes]] = {}
        self._wake = asyncio.Event()
        self._link: Connection | None = None
        self._advertise_at = self._hang_up_at = math.inf
        self._indications: set[asyncio.Task[None]] = set()
        self._last = 0.0
        self._device = air.device(twin.name, twin.identity.address, round(1000 * params.advertising), params.rssi)
        self._device.gatt_server.max_mtu = twin.mtu
        self._device.add_services(self._services())
        first, answer = _told(_advertised(twin))
        self._device.advertising_data, self._device.scan_response_data = first, answer
        self._device.on("connection", self._connected)

    # --- life -------------------------------------------------------------------------------

    async def __aenter__(self) -> Peripheral:
        await self._device.power_on()
        now = self._born = self._last = self._clock()
        self.twin.power_on(now)
        if self.params.left:
            self.twin.abandoned()
        self._advertise_at = now + self.params.absent
        for mishap in self._mishaps.values():
            mishap.begin(now)
        self._is_on = True
        self._task = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Asked, not cancelled: wait_for of Python 3.11, which bumble uses, may swallow a cancellation.
        self._is_on = False
        self._wake.set()
        await self._task
        for task in self._indications:
            task.cancel()
        if self._link is not None:
            await self._quietly(self._link.disconnect())
        await self._device.power_off()

    @property
    def is_connected(self) -> bool:
        """Whether a host holds the link."""
        return self._link is not None

    def drop(self) -> None:
        """Close the link now; advertise again after ``away``."""
        self._hang_up_at = self._clock()
        self._wake.set()

    def stall(self, seconds: float | None = None) -> None:
        """Let nothing out for a while (``Params.stall``)."""
        self._queue.stall(self._clock() + (self.params.stall if seconds is None else seconds))

    def reboot(self) -> None:
        """Power fails for a moment: silence until the host notices, then a sensor that remembers nothing."""
        now = self._clock()
        self._queue.clear()
        self.twin.power_on(now)
        self._queue.stall(now + self.params.supervision)
        self._hang_up_at = now + self.params.supervision
        self._advertise_at = self._hang_up_at + self.params.boot
        self._wake.set()

    async def _live(self) -> None:
        while self._is_on:
            now = self._clock()
            self._suffer(now)
            await self._keep_link(now)
            self.twin.advance(now)
            for uuid, payload, streamed in self.twin.outbox:
                self._queue.put(now, uuid, payload, streamed=streamed)
            self.twin.outbox.clear()
            for uuid, payload in self._queue.out(now, self._last):
                await self._send(uuid, payload)
            self._last = now
            await self._wait(now)

    async def _wait(self, now: float) -> None:
        """Until something is due or somebody wrote; other tasks run in any case, however late it is."""
        until = min(
            self.twin.due(),
            self._queue.next_out(now),
            self._hang_up_at,
            self._advertise_at,
            *(mishap.next for mishap in self._mishaps.values()),
            now + 1.0,  # the battery falls slowly,
            self._born + self.params.battery_lasts if not self.is_dead else math.inf,  # until it is empty
        )
        await asyncio.sleep(0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(until - self._clock(), 0.0)):
                await self._wake.wait()
        self._wake.clear()

    # --- faults -----------------------------------------------------------------------------

    def _suffer(self, now: float) -> None:
        for strike, mishap in self._mishaps.items():
            if mishap.strikes(now) and self._link:
                strike()
        used = (now - self._born) / self.params.battery_lasts
        self.twin.drain(max(self.params.battery * (1.0 - used), 0.0))
        if used >= 1.0 and not self.is_dead:
            self.is_dead = True
            self._hang_up_at = now

    async def _keep_link(self, now: float) -> None:
        if now >= self._hang_up_at:
            self._hang_up_at = math.inf
            if self._link is not None:
                await self._quietly(self._link.disconnect())
        if self._link is None and now >= self._advertise_at and not self.is_dead:
            self._advertise_at = math.inf
            await self._device.start_advertising(auto_restart=False)
        if self.is_dead:
            await self._device.stop_advertising()

    # --- the link ---------------------------------------------------------------------------

    def _connected(self, link: Connection) -> None:
        link.on("disconnection", self._disconnected)
        link.on("connection_att_mtu_update", lambda: setattr(self.twin, "link_mtu", link.att_mtu))
        self._link = link
        self.twin.link_mtu = link.att_mtu
        self.twin.at(self._clock())
        self.twin.connected()
        self._wake.set()

    def _disconnected(self, reason: int) -> None:
        now = self._clock()
        self._link = None
        self._queue.clear()
        for task in self._indications:
            task.cancel()
        self.twin.at(now)
        self.twin.disconnected()
        self.twin.outbox.clear()
        later = self._advertise_at if math.isfinite(self._advertise_at) else now
        self._advertise_at = max(later, now + self.params.away)
        self._wake.set()

    async def _send(self, uuid: str, payload: bytes) -> None:
        if self._link is None or uuid not in self._characteristics:
            return
        self.sent += 1
        characteristic = self._characteristics[uuid]
        if "indicate" in self.twin.properties(uuid):
            # A host that went away never confirms: the stream does not wait for it.
            task = asyncio.create_task(self._indicate(self._link, characteristic, payload))
            self._indications.add(task)
            task.add_done_callback(self._indications.discard)
        else:
            await self._quietly(self._device.notify_subscriber(self._link, characteristic, payload))

    async def _indicate(self, link: Connection, characteristic: Characteristic[bytes], payload: bytes) -> None:
        # Called in here: cancelled before it began, a call that was made outside would never be awaited.
        await self._quietly(self._device.indicate_subscriber(link, characteristic, payload))

    async def _quietly(self, talk: Awaitable[None]) -> None:
        """The host may go at any moment; that is no error of the sensor's."""
        with contextlib.suppress(BumbleConnectionError, HCI_Error, TimeoutError):
            await talk

    # --- the table --------------------------------------------------------------------------

    def _services(self) -> list[Service]:
        missing = self.params.missing
        return [
            Service(UUID(service), [self._characteristic(*one) for one in row.items() if one[0] not in missing])
            for service, row in self.twin.table.items()
        ]

    def _characteristic(self, uuid: str, words: str) -> Characteristic[bytes]:
        properties = Characteristic.Properties(0)
        for word in words.split():
            properties |= Characteristic.Properties[_PROPERTY.get(word, word.upper())]
        value = CharacteristicValue(
            read=lambda link: self._read(uuid, words), write=lambda link, value: self._write(uuid, words, bytes(value))
        )
        made = Characteristic[bytes](UUID(uuid), properties, PERMISSIONS, value)
        self._characteristics[uuid] = made
        return made

    def _read(self, uuid: str, words: str) -> bytes:
        if "read" not in words.split():
            # Left to itself bumble lets a host read what may only be notified; no device does.
            raise att.ATT_Error(READ_NOT_PERMITTED)
        return self._answered(lambda: self.twin.read(uuid))

    def _write(self, uuid: str, words: str, value: bytes) -> None:
        if "write" not in words:
            raise att.ATT_Error(WRITE_NOT_PERMITTED)
        self._answered(lambda: self.twin.write(uuid, value))
        if self.twin.is_streaming:
            self._on_stream(self._clock())
        self._wake.set()

    def _answered(self, ask: Callable[[], T]) -> T:
        self.twin.at(self._clock())
        try:
            return ask()
        except Refused as e:
            raise att.ATT_Error(e.code) from e


_PROPERTY = {"write-without-response": "WRITE_WITHOUT_RESPONSE"}


def _advertised(twin: Twin) -> list[DataType]:
    """Flags, services, maker's bytes and name."""
    uuids = [UUID(uuid) for uuid in twin.advertised]
    short, long = [u for u in uuids if len(u.uuid_bytes) == 2], [u for u in uuids if len(u.uuid_bytes) == 16]
    parts: list[DataType] = [
        data_types.Flags(
            AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
        )
    ]
    parts += [data_types.CompleteListOf16BitServiceUUIDs(short)] if short else []
    parts += [data_types.CompleteListOf128BitServiceUUIDs(long)] if long else []
    parts += [data_types.ManufacturerSpecificData(maker, rest) for maker, rest in twin.manufacturer.items()]
    return [*parts, data_types.CompleteLocalName(twin.name)]


def _told(parts: Sequence[DataType]) -> tuple[bytes, bytes]:
    """Advertisement and scan response: what no longer fits into the one is in the other. Raises SettingsError."""
    told = [b"", b""]
    for part in parts:
        piece = bytes(AdvertisingData([part]))
        room = next((i for i in (0, 1) if len(told[i]) + len(piece) <= LONGEST), None)
        if room is None:
            raise SettingsError(
                f"virtual sensors: {part} does not fit into advertisement and scan response. Shorten it."
            )
        told[room] += piece
    return told[0], told[1]
