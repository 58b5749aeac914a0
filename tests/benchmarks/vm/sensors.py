"""In the machine: three virtual sensors behind the kernel's own HCI, through /dev/vhci."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from bumble import hci
from bumble.controller import Controller
from bumble.device import Device, DeviceConfiguration
from bumble.hci import LeFeatureMask
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport import open_transport

from hiphinge.sources.virtual.peripheral import Peripheral
from hiphinge.sources.virtual.twin import Identity
from hiphinge.sources.virtual.twins.open_layout import OpenLayout
from tests.bluez.bluetoothd import ADDRESSES, nodding


class Space:
    """What a Peripheral asks of an air; the host on it is the kernel."""

    def __init__(self, link: LocalLink) -> None:
        self._link = link

    def device(self, name: str, address: str, advertising_ms: int, rssi: float) -> Device:
        """A new bumble device on this link."""
        controller = Controller(name, link=self._link)
        controller.le_acl_data_packet_length = 251
        config = DeviceConfiguration(
            name=name,
            address=hci.Address(address),
            advertising_interval_min=advertising_ms,
            advertising_interval_max=advertising_ms,
        )
        return Device(config=config, host=Host(controller, controller))


async def main() -> None:
    """Until the machine is switched off."""
    async with await open_transport("vhci") as transport, AsyncExitStack() as stack:
        link = LocalLink()
        adapter = Controller("adapter", host_source=transport.source, host_sink=transport.sink, link=link)
        # bumble says it could and does not (google/bumble issue 841): the kernel would use them.
        adapter.le_features &= ~(LeFeatureMask.LL_PRIVACY | LeFeatureMask.LE_EXTENDED_ADVERTISING)
        for address in ADDRESSES.values():
            one = Peripheral(Space(link), OpenLayout(Identity(address), nodding))  # type: ignore[arg-type]  # as far as it asks
            await stack.enter_async_context(one)
        Path("/tmp/sensors").touch()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
