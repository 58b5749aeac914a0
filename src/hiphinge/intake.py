"""From the packets of all sensors to instants of one grid: decoded, timed, brought together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hiphinge.blocks import Calibration, Fed, MotionBlock
from hiphinge.hearing import Hearing
from hiphinge.params import UNCALIBRATED, Params, worn_sites
from hiphinge.streams import align, calibrate


class Intake:
    """Packets of all sensors -> instants of one grid, in sensor axes; ``hearing`` knows how each is heard."""

    def __init__(self, params: Params, calibration: Calibration = UNCALIBRATED) -> None:
        self.sites = worn_sites(params.sensors)
        self.hearing = Hearing(params.sensors, params.clock)
        self._aligner = align.Aligner(params.align, self.sites)
        self._own = calibrate.SensorErrors(params.calibrate)
        rests = {s.sensor: calibration.sensors[s.site] for s in params.sensors if s.site in calibration.sensors}
        self._rest = calibrate.SensorErrors(calibrate.Params(rests))
        self._horizon = np.iinfo(np.int64).min // 2
        self._largest = params.align.largest

    def take(self, inputs: Sequence[Fed]) -> Iterable[MotionBlock]:
        """The blocks that became known, none longer than the aligner's largest."""
        samples = [(site, self._rest.correct(self._own.correct(block))) for site, block in self.hearing.hear(inputs)]
        if inputs:
            self._horizon = max(self._horizon, *[one.arrival_ns for one in inputs])
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
