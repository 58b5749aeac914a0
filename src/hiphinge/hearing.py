"""What all sensors said -> their samples on one clock: each heard by itself, then brought together.

By a twist in one hand, or by the sensors' own synchronisation (docs/decisions/0012-clocks.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hiphinge.blocks import Event, Fed, ImuBlock, Link, Packet, PacketRun, Sensor, Tick
from hiphinge.devices.driver import SYNCHRONISED
from hiphinge.errors import CalibrationRefused
from hiphinge.markers import TWIST, Marker, from_control
from hiphinge.reception import Reception
from hiphinge.streams import clock, twist

UNDECODED = "undecoded"
"""Event of a packet that its decoder could not read."""


class Hearing:
    """All sensors of a session; ``events`` of packets and clocks, for whoever hears to take out.

    KeyError: an unknown device.
    """

    def __init__(self, sensors: Sequence[Sensor], params: clock.Params | None = None) -> None:
        self.site = {s.sensor: s.site for s in sensors}
        self.receptions = {s.sensor: Reception(s, params) for s in sensors}
        self.events: list[Event] = []
        self._shares = False  # sensors said that their clocks are one

    def hear(self, inputs: Sequence[Fed]) -> list[tuple[str, ImuBlock]]:
        """Site and samples that became known; a site may come more than once, in order."""
        packets: dict[str, list[Packet | PacketRun | Link]] = {}
        samples: list[tuple[str, ImuBlock]] = []
        for one in inputs:
            if isinstance(one, (Packet, PacketRun, Link)):
                self._shares |= type(one) is Link and one.state == SYNCHRONISED
                if one.sensor in packets:
                    packets[one.sensor].append(one)
                elif one.sensor in self.receptions:
                    packets[one.sensor] = [one]
            elif isinstance(one, Tick):
                if self._shares:
                    samples += self._received(packets)
                    packets = {}
                    self._agree(one)
            elif (marker := from_control(one)) and marker.label == TWIST:
                samples += self._received(packets)
                packets = {}
                self._twist(marker, one.arrival_ns / 1e9)
        return samples + self._received(packets)

    def _received(self, packets: Mapping[str, list[Packet | PacketRun | Link]]) -> list[tuple[str, ImuBlock]]:
        return [(self.site[sensor], self._receive(sensor, heard)) for sensor, heard in packets.items()]

    def _receive(self, sensor: str, inputs: list[Packet | PacketRun | Link]) -> ImuBlock:
        block, errors = self.receptions[sensor].take(inputs)
        self.events += [Event(e.arrival_ns / 1e9, UNDECODED, {"message": str(e)}) for e in errors]
        return block

    def _twist(self, marker: Marker, t: float) -> None:
        """All sensors were twisted in one hand, told at ``t`` s: what remains between their clocks is taken off."""
        span = round(marker.start_s * 1e9), round(marker.end_s * 1e9)
        timed = {name: r for name, r in self.receptions.items() if r.clock}
        if len(timed) < 2:
            return
        try:
            found = twist.offsets({name: r.turned(*span) for name, r in timed.items()}, next(iter(timed)))
        except CalibrationRefused as e:
            self.events.append(Event(t, "twist", {"message": str(e)}))
            return
        for name, offset in found.items():
            timed[name].shift(offset.offset_ns, offset.error)
        words = {f"{self.site[name]}_ms": offset.offset_ns / 1e6 for name, offset in found.items()}
        self.events.append(Event(t, "twist", words))

    def _agree(self, now: Tick) -> None:
        """Sensors that share a clock are brought to one answer, as long as that is known to hold."""
        t, sharing = now.arrival_ns / 1e9, self.sharing
        left = clock.agree(sharing.values(), t)
        self._shares = any(member.base for member, _ in sharing.values())
        sites = (self.site[name] for name, (member, _) in sharing.items() if member in left)
        self.events += [Event(t, "unsynchronised", {"message": f"{site}: {clock.LEFT}"}) for site in sites]

    @property
    def sharing(self) -> dict[str, tuple[clock.Member, clock.Clock]]:
        """Each sensor's clock, where it has one, and its part in a base."""
        return {name: (r.member, r.clock) for name, r in self.receptions.items() if r.clock}
