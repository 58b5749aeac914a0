"""The client class for ``BleakClient(backend=...)`` over a virtual air."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic, CharacteristicPropertyName
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble import att, core
from bumble.device import Connection, Peer
from bumble.gatt import Characteristic
from bumble.hci import HCI_Error

from hiphinge.sources.virtual.scanner import long_uuid

if TYPE_CHECKING:
    from hiphinge.sources.virtual.space import Air

T = TypeVar("T")

HOST_MTU = 247
"""What desktop hosts agree on at least; BlueZ asks for 517."""

PROPERTIES: dict[Characteristic.Properties, CharacteristicPropertyName] = {
    Characteristic.Properties.READ: "read",
    Characteristic.Properties.WRITE_WITHOUT_RESPONSE: "write-without-response",
    Characteristic.Properties.WRITE: "write",
    Characteristic.Properties.NOTIFY: "notify",
    Characteristic.Properties.INDICATE: "indicate",
}


class VirtualClient(BaseBleakClient):
    """A link from the host of the class's ``air`` to one peripheral."""

    air: ClassVar[Air]

    def __init__(self, address_or_ble_device: BLEDevice | str, **options: Any) -> None:
        options.pop("services", None)
        super().__init__(address_or_ble_device, **options)
        self._name = getattr(address_or_ble_device, "name", None) or self.address.replace(":", "-")
        self._link: Connection | None = None
        self._peer: Peer | None = None
        self._gone: asyncio.Future[Any] | None = None
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """As advertised."""
        return self._name

    @property
    def mtu_size(self) -> int:
        """As agreed on."""
        return int(self._peer.gatt_client.mtu) if self._peer else 23

    @property
    def is_connected(self) -> bool:
        """Whether the link stands."""
        return self._link is not None

    # --- the link ---------------------------------------------------------------------------

    async def connect(self, pair: bool, **options: Any) -> None:
        """Connect, agree on an MTU, list the services. BleakDeviceNotFoundError when nobody answers in time."""
        try:
            link = await self.air.link_to(self.address, self._timeout)
        except (TimeoutError, core.ConnectionError, HCI_Error) as e:
            raise BleakDeviceNotFoundError(self.address, f"{self.address}: no answer in {self._timeout:g} s") from e
        peer = Peer(link)
        self._link, self._peer = link, peer
        self._gone = asyncio.get_running_loop().create_future()
        link.on("disconnection", self._disconnected)
        try:
            await self._talk(peer.request_mtu(HOST_MTU))
            await self._talk(peer.discover_all())
            self.services = self._listed(peer)
        except BaseException:
            # Also where the caller's time ran out: half a link must not hold the sensor.
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Close the link; none is no error."""
        if self._link is None or self._gone is None:
            return
        gone = self._gone
        with suppress(core.ConnectionError, HCI_Error):  # it may go by itself at the same moment
            await self._link.disconnect()
        await asyncio.wait([gone], timeout=1.0)

    def _disconnected(self, reason: int) -> None:
        self._link = self._peer = None
        self._callbacks.clear()
        if self._gone and not self._gone.done():
            self._gone.set_result(None)
        if self._disconnected_callback:
            self._disconnected_callback()

    async def pair(self, *args: Any, **options: Any) -> None:
        """Pair."""
        if self._link is None:
            raise BleakError(f"{self.address}: not connected")
        await self._talk(self._link.pair())

    async def unpair(self) -> None:
        """Nothing is kept."""

    # --- reading, writing, listening --------------------------------------------------------

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **options: Any
    ) -> bytearray:
        """Read."""
        return await self._read(characteristic.handle)

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **options: Any
    ) -> bytearray:
        """Read."""
        return await self._read(descriptor.handle)

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool) -> None:
        """Write."""
        await self._talk(self._on().gatt_client.write_value(characteristic.handle, bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write."""
        await self._talk(self._on().gatt_client.write_value(descriptor.handle, bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **options: Any
    ) -> None:
        """Subscribe."""

        def tell(value: bytes) -> None:
            callback(bytearray(value))

        await self._talk(self._on().gatt_client.subscribe(characteristic.obj, tell))
        self._callbacks[characteristic.handle] = tell

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        tell = self._callbacks.pop(characteristic.handle, None)
        if tell is not None:
            await self._talk(self._on().gatt_client.unsubscribe(characteristic.obj, tell))

    async def _read(self, handle: int) -> bytearray:
        return bytearray(await self._talk(self._on().gatt_client.read_value(handle)))

    def _on(self) -> Peer:
        if self._peer is None:
            raise BleakError(f"{self.address}: not connected")
        return self._peer

    async def _talk(self, talk: Awaitable[T]) -> T:
        """What bumble answers, or bleak's error; a link that goes ends the wait at once."""
        gone = self._gone
        task: asyncio.Future[T] = asyncio.ensure_future(talk)
        if gone is None or gone.done():
            task.cancel()
            raise BleakError(f"{self.address}: not connected")
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() or task.cancelled():
                raise BleakError(f"{self.address}: disconnected")
            return task.result()
        except att.ATT_Error as e:
            raise BleakGATTProtocolError(e.error_code) from e
        except (core.InvalidStateError, core.TimeoutError) as e:
            raise BleakError(f"{self.address}: {e}") from e
        finally:
            task.cancel()

    def _room(self) -> int:
        return self.mtu_size - 3

    def _listed(self, peer: Peer) -> BleakGATTServiceCollection:
        listed = BleakGATTServiceCollection()
        for service in peer.services:
            here = BleakGATTService(service, service.handle, long_uuid(service.uuid))
            listed.add_service(here)
            for found in service.characteristics:
                names = [name for bit, name in PROPERTIES.items() if found.properties & bit]
                one = BleakGATTCharacteristic(found, found.handle, long_uuid(found.uuid), names, self._room, here)
                listed.add_characteristic(one)
                for descriptor in found.descriptors:
                    listed.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, long_uuid(descriptor.type), one)
                    )
        return listed
