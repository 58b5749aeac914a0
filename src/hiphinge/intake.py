"""From the packets of all sensors to instants of one grid: decoded, timed, brought together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from hiphinge.blocks import Calibration, Event, Fed, ImuBlock, Link, MotionBlock, Packet, PacketRun, Tick
from hiphinge.devices.driver import SYNCHRONISED
from hiphinge.errors import CalibrationRefused
from hiphinge.markers import TWIST, Marker, from_control
from hiphinge.params import UNCALIBRATED, Params, worn_sites
from hiphinge.reception import Reception
from hiphinge.streams import align, calibrate, clock, twist


class Intake:
    """Packets of all sensors -> instants of one grid, in sensor axes."""

    def __init__(self, params: Params, calibration: Calibration = UNCALIBRATED) -> None:
        self.sites = worn_sites(params.sensors)
        self.site = {s.sensor: s.site for s in params.sensors}
        self.receptions = {s.sensor: Reception(s, params.clock) for s in params.sensors}
        self._aligner = align.Aligner(params.align, self.sites)
        self._own = calibrate.SensorErrors(params.calibrate)
        rests = {s.sensor: calibration.sensors[s.site] for s in params.sensors if s.site in calibration.sensors}
        self._rest = calibrate.SensorErrors(calibrate.Params(rests))
        self._horizon = np.iinfo(np.int64).min // 2
        self._largest = params.align.largest
        self._shares = False  # sensors said that their clocks are one
        self.events: list[Event] = []

    def take(self, inputs: Sequence[Fed]) -> Iterable[MotionBlock]:
        """The blocks that became known, none longer than the aligner's largest."""
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
        if inputs:
            self._horizon = max(self._horizon, *[one.arrival_ns for one in inputs])
        samples += self._received(packets)
        block = self._aligner.align(samples, self._horizon)
        yield block
        while len(block) == self._largest:
            block = self._aligner.align((), self._horizon)
            yield block

    def finish(self) -> Iterable[MotionBlock]:
        """What still waited."""
        block = self._aligner.finish()
        yield block
        while len(block) == self._largest:
            block = self._aligner.finish()
            yield block

    def _received(self, packets: Mapping[str, list[Packet | PacketRun | Link]]) -> list[tuple[str, ImuBlock]]:
        return [(self.site[sensor], self._receive(sensor, heard)) for sensor, heard in packets.items()]

    def _receive(self, sensor: str, inputs: list[Packet | PacketRun | Link]) -> ImuBlock:
        block, errors = self.receptions[sensor].take(inputs)
        self.events += [Event(e.arrival_ns / 1e9, "undecoded", {"message": str(e)}) for e in errors]
        return self._rest.correct(self._own.correct(block))

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
