"""org.bluez's objects, as far as bleak looks at them, around a twin's bytes.

Annotations are evaluated by dbus-fast: no ``from __future__ import annotations`` here.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated

from bleak.uuids import normalize_uuid_str
from dbus_fast import DBusError, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusBytes,
    DBusDict,
    DBusInt16,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
    DBusUInt16,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from hiphinge.sources.virtual.twin import Refused, Twin

ADAPTER = "/org/bluez/hci0"
READ = PropertyAccess.READ
Texts = Annotated[list[str], DBusSignature("as")]
FAILED = "org.bluez.Error.Failed"
ABORTED = "le-connection-abort-by-local"
NOTHING = ("", "")


@dataclass
class Trouble:
    """What goes wrong next; errors are (name, text), taken one at a time."""

    scan: list[tuple[str, str]] = field(default_factory=list)
    connect: list[tuple[str, str]] = field(default_factory=list)
    hanging: int = 0
    unresolved: int = 0

    def take(self, errors: list[tuple[str, str]]) -> tuple[str, str]:
        """The next error, or nothing."""
        return errors.pop(0) if errors else NOTHING


class Adapter(ServiceInterface):
    """hci0."""

    def __init__(self, trouble: Trouble, devices: Callable[[], Iterable["Device"]]) -> None:
        super().__init__("org.bluez.Adapter1")
        self.trouble, self._devices = trouble, devices
        self.is_powered, self.is_discovering = True, False
        self._advertising: asyncio.Task[None] | None = None

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:
        return "00:AA:01:00:00:01"

    @dbus_property(access=READ)
    def Powered(self) -> DBusBool:
        return self.is_powered

    @dbus_property(access=READ)
    def Discovering(self) -> DBusBool:
        return self.is_discovering

    @dbus_property(access=READ)
    def Roles(self) -> Texts:
        return ["central"]

    @dbus_method()
    def SetDiscoveryFilter(self, properties: DBusDict) -> None:
        pass

    @dbus_method()
    def StartDiscovery(self) -> None:
        error, text = self.trouble.take(self.trouble.scan)
        if error:
            raise DBusError(error, text)
        if not self.is_powered:
            raise DBusError("org.bluez.Error.NotReady", "Resource Not Ready")
        self.discover(True)

    @dbus_method()
    def StopDiscovery(self) -> None:
        if not self.is_discovering:
            raise DBusError(FAILED, "No discovery started")
        self.discover(False)

    @dbus_method()
    def RemoveDevice(self, device: DBusObjectPath) -> None:
        pass

    def power(self, on: bool) -> None:
        """Switched; off, all links go."""
        self.is_powered = on
        if not on:
            for device in self._devices():
                device.drop()
            self.discover(False)
        self.emit_properties_changed({"Powered": on})

    def discover(self, on: bool) -> None:
        """Advertisements of all that are not connected, 20 a second."""
        if on == self.is_discovering:
            return
        self.is_discovering = on
        self.emit_properties_changed({"Discovering": on})
        if on:
            self._advertising = asyncio.create_task(self._advertise())
        elif self._advertising is not None:
            self._advertising.cancel()

    async def _advertise(self) -> None:
        while True:
            for device in self._devices():
                device.advertise()
            await asyncio.sleep(0.05)


def device_path(address: str) -> str:
    """Where bluetoothd has the device."""
    return f"{ADAPTER}/dev_{address.replace(':', '_')}"


class Device(ServiceInterface):
    """One twin as bluetoothd knows it."""

    def __init__(self, bus: MessageBus, trouble: Trouble, twin: Twin, rssi: int) -> None:
        super().__init__("org.bluez.Device1")
        self.bus, self.trouble, self.twin = bus, trouble, twin
        self.is_connected = self.is_resolved = False
        self.path = device_path(twin.identity.address)
        self.characteristics: dict[str, Characteristic] = {}
        self._rssi = rssi
        self._exported: list[str] = []
        self._streaming: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._calls = 0

    @dbus_property(access=READ)
    def Address(self) -> DBusStr:
        return self.twin.identity.address

    @dbus_property(access=READ)
    def AddressType(self) -> DBusStr:
        return "random"

    @dbus_property(access=READ)
    def Name(self) -> DBusStr:
        return self.twin.name

    @dbus_property(access=READ)
    def Alias(self) -> DBusStr:
        return self.twin.name

    @dbus_property(access=READ)
    def Paired(self) -> DBusBool:
        return False

    @dbus_property(access=READ)
    def Trusted(self) -> DBusBool:
        return False

    @dbus_property(access=READ)
    def Blocked(self) -> DBusBool:
        return False

    @dbus_property(access=READ)
    def LegacyPairing(self) -> DBusBool:
        return False

    @dbus_property(access=READ)
    def Connected(self) -> DBusBool:
        return self.is_connected

    @dbus_property(access=READ)
    def ServicesResolved(self) -> DBusBool:
        return self.is_resolved

    @dbus_property(access=READ)
    def RSSI(self) -> DBusInt16:
        return self._rssi

    @dbus_property(access=READ)
    def UUIDs(self) -> Texts:
        return [normalize_uuid_str(uuid) for uuid in self.twin.advertised]

    @dbus_property(access=READ)
    def Adapter(self) -> DBusObjectPath:
        return ADAPTER

    @dbus_method()
    async def Connect(self) -> None:
        self._calls += 1
        mine = self._calls
        error, text = self.trouble.take(self.trouble.connect)
        if text == ABORTED:
            # What bluetoothd does: the link came up, and was gone before it was usable.
            self._set(Connected=True)
            self._set(Connected=False)
        if error:
            raise DBusError(error, text)
        if self.trouble.hanging:
            self.trouble.hanging -= 1
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)
        if mine != self._calls:
            raise DBusError(FAILED, "cancelled")
        self._set(Connected=True)
        self.twin.at(time.monotonic())
        self.twin.link_mtu = self.twin.mtu
        self.twin.connected()
        if self.trouble.unresolved:
            self.trouble.unresolved -= 1
            return
        self._resolve()
        self._streaming = asyncio.create_task(self._stream())

    @dbus_method()
    async def Disconnect(self) -> None:  # as Connect, else it would overtake one
        self.drop()

    def drop(self) -> None:
        """The link goes, or does not come to be, and with it the services: an unpaired device's are not kept."""
        self._calls += 1
        if not self.is_connected:
            return
        if self._streaming is not None:
            self._streaming.cancel()
        self.twin.at(time.monotonic())
        self.twin.disconnected()
        self.twin.outbox.clear()
        self._set(ServicesResolved=False)
        self._set(Connected=False)
        for path in reversed(self._exported):
            self.bus.unexport(path)
        self._exported.clear()
        self.characteristics.clear()

    def advertise(self) -> None:
        """Heard: bluetoothd tells by a changed signal strength."""
        if not self.is_connected:
            self._rssi += 1 if self._rssi % 2 else -1
            self.emit_properties_changed({"RSSI": self._rssi})

    def wake(self) -> None:
        """Somebody wrote."""
        self._wake.set()

    def _set(self, **changed: bool) -> None:
        self.is_connected = changed.get("Connected", self.is_connected)
        self.is_resolved = changed.get("ServicesResolved", self.is_resolved)
        self.emit_properties_changed(dict(changed))

    def _resolve(self) -> None:
        for i, (service, row) in enumerate(self.twin.table.items()):
            path = f"{self.path}/service{16 * i + 1:04x}"
            self._export(path, Service(service, self.path))
            for j, (uuid, words) in enumerate(row.items()):
                one = Characteristic(self, path, uuid, words)
                self.characteristics[uuid] = one
                self._export(f"{path}/char{16 * i + 2 * j + 2:04x}", one)
        self._set(ServicesResolved=True)

    def _export(self, path: str, interface: ServiceInterface) -> None:
        self.bus.export(path, interface)
        self._exported.append(path)

    async def _stream(self) -> None:
        """The twin in real time; always awaits, so that a late loop serves the bus."""
        while True:
            self.twin.advance(time.monotonic())
            for uuid, payload, _ in self.twin.outbox:
                self.characteristics[uuid].notify(payload)
            self.twin.outbox.clear()
            await asyncio.sleep(0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(max(self.twin.due() - time.monotonic(), 0.0), 1.0)):
                    await self._wake.wait()
            self._wake.clear()


class Service(ServiceInterface):
    """A primary service."""

    def __init__(self, uuid: str, device: str) -> None:
        super().__init__("org.bluez.GattService1")
        self._uuid, self._device = normalize_uuid_str(uuid), device

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:
        return self._uuid

    @dbus_property(access=READ)
    def Primary(self) -> DBusBool:
        return True

    @dbus_property(access=READ)
    def Device(self) -> DBusObjectPath:
        return self._device


class Characteristic(ServiceInterface):
    """One of a twin's."""

    def __init__(self, device: Device, service: str, uuid: str, words: str) -> None:
        super().__init__("org.bluez.GattCharacteristic1")
        self._device, self._service, self._uuid, self._flags = device, service, uuid, words.split()
        self.is_notifying = False

    @dbus_property(access=READ)
    def UUID(self) -> DBusStr:
        return normalize_uuid_str(self._uuid)

    @dbus_property(access=READ)
    def Service(self) -> DBusObjectPath:
        return self._service

    @dbus_property(access=READ)
    def Value(self) -> DBusBytes:
        return b""

    @dbus_property(access=READ)
    def Flags(self) -> Texts:
        return self._flags

    @dbus_property(access=READ)
    def Notifying(self) -> DBusBool:
        return self.is_notifying

    @dbus_property(access=READ)
    def MTU(self) -> DBusUInt16:
        return self._device.twin.mtu

    @dbus_method()
    def ReadValue(self, options: DBusDict) -> DBusBytes:
        if "read" not in self._flags:
            raise DBusError("org.bluez.Error.NotPermitted", "Read not permitted")
        return self._answered(lambda: self._device.twin.read(self._uuid))

    @dbus_method()
    def WriteValue(self, value: DBusBytes, options: DBusDict) -> None:
        self._answered(lambda: self._device.twin.write(self._uuid, bytes(value)))
        self._device.wake()

    @dbus_method()
    def StartNotify(self) -> None:
        if not {"notify", "indicate"} & set(self._flags):
            raise DBusError("org.bluez.Error.NotSupported", "Operation is not supported")
        self.is_notifying = True

    @dbus_method()
    def StopNotify(self) -> None:
        self.is_notifying = False

    def notify(self, payload: bytes) -> None:
        """To whoever subscribed."""
        if self.is_notifying:
            self.emit_properties_changed({"Value": payload})

    def _answered(self, ask):  # type: ignore[no-untyped-def]  # whatever the twin answers
        self._device.twin.at(time.monotonic())
        try:
            return ask()
        except Refused as e:
            raise DBusError(FAILED, f"Operation failed with ATT error: 0x{e.code:02x}") from e
