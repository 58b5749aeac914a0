"""All worn sensors over Bluetooth, as one source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hiphinge.blocks import Link, Sensor
from hiphinge.devices.driver import Wanted
from hiphinge.devices.registry import DRIVERS
from hiphinge.errors import SensorRefused, SettingsError
from hiphinge.sources.ble.link import SensorLink
from hiphinge.sources.ble.radio import Radio
from hiphinge.sources.ble.scan import Scan
from hiphinge.sources.ble.sync import Round, groups
from hiphinge.sources.inbox import Inbox, host_ns

RADIO = "radio"
"""State of a Link without a sensor: the adapter's trouble in words, "" when it is over."""


class Bluetooth:
    """A source (see sources/source.py): a link for each worn sensor, kept until cancelled.

    ``one_clock``: sensors that can bring their clocks together by themselves do so first, which takes 16 s.
    """

    name, live = "ble", True

    def __init__(
        self, radio: Radio, sensors: Sequence[Sensor], wanted: Wanted | None = None, *, one_clock: bool = False
    ) -> None:
        for worn in sensors:
            if worn.device not in DRIVERS:
                raise SettingsError(
                    f"{worn.site}: {worn.sensor} is a {worn.device!r}, expected one of {', '.join(DRIVERS)}. "
                    "Assign it again with: hiphinge wear"
                )
        self.sensors = tuple(sensors)
        self.scan = Scan(radio)
        self.links: tuple[SensorLink, ...] = ()
        self._radio, self._wanted, self._one_clock = radio, wanted, one_clock

    def now_ns(self) -> int:
        """The host's monotonic clock."""
        return host_ns()

    async def vibrate(self, site: str, pulse_s: float, pulses: int) -> bool:
        """The motor at ``site``, or the first that runs: one is felt, and the others' samples stay unshaken."""
        refused: SensorRefused | None = None
        for link in self.links:
            if link.has_motor and site in ("", link.worn.site):
                try:
                    await link.vibrate(pulse_s, pulses)
                    return True
                except SensorRefused as e:
                    refused = refused or e
        if refused:
            raise refused
        return False

    def follow(self, step: str, site: str = "", attempt: int = 1) -> None:
        """A guide asks this of the wearer, who may be a virtual one."""
        self._radio.follow(step, site, attempt)

    async def run(self, inbox: Inbox) -> None:
        """Keep all links; on cancel every sensor is told to stop before this returns."""
        self.scan = Scan(self._radio, lambda e: inbox.put(Link(host_ns(), "", RADIO, str(e or ""))))
        self.links = tuple(SensorLink(worn, self._radio, self.scan, inbox.put, self._wanted) for worn in self.sensors)
        tasks = [asyncio.create_task(self.scan.run())]
        before: dict[SensorLink, asyncio.Task[None]] = {}
        for some in groups(self.links) if self._one_clock else ():
            tasks.append(asyncio.create_task(Round(some).run()))
            before.update(dict.fromkeys(some, tasks[-1]))
        tasks += [asyncio.create_task(_kept(link, before.get(link))) for link in self.links]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                if not task.cancelling():  # a second time would break off its farewell
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _kept(link: SensorLink, after: asyncio.Task[None] | None) -> None:
    """Keep the link, once what comes before it is over."""
    if after:
        await asyncio.wait((after,))
    await link.run()
