"""One virtual radio space: the sensors' controllers and the host's own on one bumble link, no radio, no root."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bumble import hci
from bumble.controller import Controller
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.host import Host
from bumble.link import LocalLink

from hiphinge.sources.virtual.client import VirtualClient
from hiphinge.sources.virtual.scanner import VirtualScanner

Follow = Callable[[str, str, int], None]

HOST_ADDRESS = "F0:F1:F2:F3:F4:F5"
LONGEST_PACKET = 251
"""Bytes of a link-layer packet with data length extension; bumble's 27 cuts every notification into pieces."""


_Report = hci.HCI_LE_Extended_Advertising_Report_Event
_KIND = _Report.EventType


class Adapter(Controller):
    """The controller of a host: hears advertisement and scan response apart, as real ones do.

    bumble 0.0.236 lets a controller hear the advertisement twice, and the scan response never.
    """

    def send_hci_packet(self, packet: hci.HCI_Packet) -> None:
        """To the host."""
        if isinstance(packet, _Report):
            packet = _Report([self._as_sent(report) for report in packet.reports])
        super().send_hci_packet(packet)

    def _as_sent(self, report: _Report.Report) -> _Report.Report:
        kind = _KIND.CONNECTABLE_ADVERTISING | _KIND.SCANNABLE_ADVERTISING | _KIND.LEGACY_ADVERTISING_PDU_USED
        if not report.event_type & _KIND.SCAN_RESPONSE:
            return replace(report, event_type=kind)
        sender = self.link.find_le_controller(report.address) if self.link else None
        sets = sender.advertising_sets.values() if sender else ()
        answer = next((bytes(one.scan_response_data) for one in sets if one.enabled), b"")
        return replace(report, event_type=kind | _KIND.SCAN_RESPONSE, data=answer)


class Air:
    """A link with one central on it; ``scanner`` and ``client`` are its classes for bleak's ``backend=``.

    ``follow`` hears what a guide asks of whoever wears the sensors. Made by :func:`opened`.
    """

    def __init__(self) -> None:
        self.scanner = type("VirtualScanner", (VirtualScanner,), {"air": self})
        self.client = type("VirtualClient", (VirtualClient,), {"air": self})
        self.follow: Follow = lambda step, site, attempt: None
        self._link = LocalLink()
        self._rssi: dict[str, float] = {}
        self._scanning, self._switching = 0, asyncio.Lock()
        self._connecting, self._called = asyncio.Lock(), ""
        self._controller = self._made("host", Adapter)
        config = DeviceConfiguration(name="host", address=hci.Address(HOST_ADDRESS))
        self.central = Device(config=config, host=Host(self._controller, self._controller))
        self.central.on("connection", self._connected)
        self._hanging_up: set[asyncio.Task[None]] = set()

    def device(self, name: str, address: str, advertising_ms: int, rssi: float) -> Device:
        """A new bumble device on this link, not yet powered."""
        self._rssi[address] = rssi
        controller = self._made(name)
        config = DeviceConfiguration(
            name=name,
            address=hci.Address(address),
            advertising_interval_min=advertising_ms,
            advertising_interval_max=advertising_ms,
        )
        return Device(config=config, host=Host(controller, controller))

    def _made(self, name: str, kind: type[Controller] = Controller) -> Controller:
        controller = kind(name, link=self._link)
        controller.le_acl_data_packet_length = LONGEST_PACKET
        return controller

    def rssi(self, address: str) -> int:
        """Of a device, in dBm; bumble's link knows no distance."""
        return round(self._rssi.get(address, -50.0))

    async def link_to(self, address: str, timeout: float) -> Connection:
        """Connect, one at a time as a controller does; a link that is held already is closed first.

        TimeoutError when nobody answers in time.
        """
        async with self._connecting:
            await self._hang_up(address)
            self._called = address.upper()
            call = asyncio.ensure_future(self.central.connect(hci.Address(address), timeout=None))
            try:
                await asyncio.wait({call}, timeout=timeout)
                if not call.done():
                    raise TimeoutError
                return call.result()
            except BaseException:
                await self._give_up(call, address)
                raise
            finally:
                self._called = ""

    async def _give_up(self, call: asyncio.Future[Connection], address: str) -> None:
        """Nobody waits for this call any more.

        bumble 0.0.236 answers LE Create Connection Cancel with success but keeps the request, and
        every later one is "command disallowed": it is forgotten here, and a link made meanwhile closed.
        """
        self._controller.pending_le_connection = None
        while not call.done():
            # More than once: wait_for of Python 3.11, which bumble uses, may swallow a cancellation.
            call.cancel()
            await asyncio.sleep(0)
        await self._hang_up(address)

    def _connected(self, link: Connection) -> None:
        """A link that nobody waits for any more would keep its sensor from advertising."""
        if _address(link) != self._called:
            task = asyncio.create_task(self._hang_up(_address(link)))
            self._hanging_up.add(task)
            task.add_done_callback(self._hanging_up.discard)

    async def _hang_up(self, address: str) -> None:
        for link in list(self.central.connections.values()):
            if _address(link) == address.upper():
                await link.disconnect()

    async def scan(self, on: bool) -> None:
        """One scanner more or fewer; the controller scans while there is any."""
        async with self._switching:
            if on and not self._scanning:
                await self.central.start_scanning(filter_duplicates=False)
            self._scanning += 1 if on else -1  # a start that was cancelled does not count
            if not self._scanning:
                await self.central.stop_scanning()


def _address(link: Connection) -> str:
    return link.peer_address.to_string(False).upper()


@asynccontextmanager
async def opened() -> AsyncIterator[Air]:
    """An air for the running loop; at its end all links are closed."""
    root = logging.getLogger()
    if not root.handlers:
        # bumble calls logging.debug itself, which then prints every library's warnings to the wearer's terminal.
        root.addHandler(logging.NullHandler())
    air = Air()
    await air.central.power_on()
    try:
        yield air
    finally:
        for link in list(air.central.connections.values()):
            await link.disconnect()
        await air.central.power_off()
