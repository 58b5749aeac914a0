"""A short workout as a recording, by a wearer and with sensors whose names would like to be markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from hiphinge import settings, simulate, wizard
from hiphinge.blocks import SITES, Calibration, Input, Packet, Sensor
from hiphinge.monitor import Params
from hiphinge.recording import Header, Writer
from hiphinge.simulate.simulation import Wearing

EVIL = "<script>window.evil=1</script><img src=x onerror=window.evil=2>"
LIFTS = 4


@cache
def played(sites: tuple[str, ...]) -> tuple[tuple[Input, ...], Params, Calibration]:
    """What three minutes of calibration and some lifts send, from just before the lifts on."""
    movements = [*simulate.calibration(), *[simulate.hinge(1.1) for _ in range(LIFTS)], simulate.Stand(3.0)]
    wearing = simulate.wear(movements, seed=5, wearing=Wearing(sites=sites))
    log = list(wearing.batches())
    named = {s.sensor: f"{EVIL}{s.sensor}" for s in wearing.sensors}
    params = Params(sensors=tuple(Sensor(named[s.sensor], s.device, s.site) for s in wearing.sensors))
    spans = wizard.marked(one for batch in log for one in batch)
    renamed = [[_renamed(one, named) for one in batch] for batch in log]
    found = wizard.calibrate_recording(params, renamed, spans, wearer=EVIL)
    begin = max(span.end for span in spans) * 1e9
    return tuple(one for batch in renamed for one in batch if one.arrival_ns > begin), params, found


def write(path: Path, *, calibrated: bool = True, sites: Sequence[str] = SITES[:2] + SITES[3:]) -> Path:
    """The recording; not calibrated, nothing in it allows a calibration."""
    log, params, calibration = played(tuple(sites))
    head = Header(
        recording_id="0",
        created_utc="2026-03-01T09:00:00+00:00",
        wearer=EVIL,
        source="simulated",
        software="a test",
        sensors=params.sensors,
        monitor=settings.to_json(params),
        calibration=settings.calibration_to_json(calibration) if calibrated else "",
    )
    with Writer(path, head) as writer:
        writer.write(log if calibrated else _moving(log))
    return path


def _moving(log: Iterable[Input]) -> list[Input]:
    """Too short to hold three seconds of standing."""
    some = list(log)
    return [one for one in some if one.arrival_ns < some[0].arrival_ns + 2e9]


def _renamed(one: Input, named: dict[str, str]) -> Input:
    return one._replace(sensor=named[one.sensor]) if isinstance(one, Packet) else one
