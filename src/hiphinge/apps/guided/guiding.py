"""A guided calibration and the ten-second check, for whoever shows them: the same in terminal and browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hiphinge import __version__, monitor, session, settings
from hiphinge.apps.guided.virtual import Heard, Obliging, oblige
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import BLE, SIMULATED, open_source
from hiphinge.blocks import Control, Input, Outcome
from hiphinge.errors import InputError
from hiphinge.recording import Header, Writer
from hiphinge.sources.replayed import Replayed
from hiphinge.sources.source import Source
from hiphinge.wizard.guide import ACTION, Guidance, Guide
from hiphinge.wizard.guide import Params as GuideParams
from hiphinge.wizard.holds import Check, Held

VIRTUAL = "virtual"


@dataclass(frozen=True)
class Opened:
    """Where the inputs come from; ``answered``: the wearer's keys are among them."""

    source: Source
    params: monitor.Params
    wearer: str
    answered: bool = False


async def opened_for(
    name: str, stack: AsyncExitStack, wearer: str | None = None, speed: float = 1.0, seed: int = 0
) -> Opened:
    """``ble``, ``simulated`` (a virtual wearer who does what is said) or the name of a recording.

    ``wearer`` None: as the source names him. Raises InputError, SettingsError, RecordingError.
    """
    if name == SIMULATED:
        virtual = Obliging(seed, speed)
        return Opened(virtual, replace(settings.load(), sensors=virtual.sensors), wearer or VIRTUAL, answered=True)
    if name == BLE:
        found = await open_source(BLE, stack, wearer or "", "")
        return Opened(found.source, found.params, found.wearer)
    return _recorded(Path(name), wearer, speed)


def _recorded(path: Path, wearer: str | None, speed: float) -> Opened:
    opened = session.open(path)
    head, recording = opened.header, opened.recording
    params = settings.from_recording(head.monitor)[0] if head.monitor else monitor.Params()
    answered = any(control.action == ACTION for control in recording.controls())
    source = Replayed("replay", head.sensors, recording.batches(), speed)
    return Opened(
        source, replace(params, sensors=head.sensors), head.wearer if wearer is None else wearer, answered=answered
    )


class Guided:
    """Inputs to the guide, its words to ``show``, its marks into the log; run ``live`` until it ends by itself."""

    def __init__(self, opened: Opened, show: Callable[[Guidance], None], *, sitting: bool = True) -> None:
        self.opened, self._show = opened, show
        self._guide = Guide(
            opened.params,
            opened.source.sensors,
            wearer=opened.wearer,
            created_utc=_now(),
            guide=GuideParams(sitting=sitting),
        )
        self.live = Live(opened.source, monitor.Monitor(opened.params))
        self.live.listeners.append(self._hear)
        self.log: list[Input] = []  # of the recording, from standing on
        self.told = self._guide.feed(())
        self._stands = 0

    def _hear(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        if self.told.done:
            return
        told = self._guide.feed(inputs)
        trouble = "" if told.done else self.live.health.trouble  # of the radio: it explains whatever is not heard
        self.told = replace(told, problem=trouble or told.problem)
        self._record(inputs)
        self._show(self.told)
        oblige(self.opened.source, self.told)
        if self.told.done:
            self.live.stop()

    def _record(self, inputs: Sequence[Input]) -> None:
        """From standing on, when it is known which sensor is which; anew when the wearer stands again."""
        begun = round(self.told.since * 1e9)
        if self.told.step == "stand" and self.told.attempt != self._stands:
            self._stands = self.told.attempt
            self.log = [Control(begun, ACTION, "stand"), *(one for one in inputs if one.arrival_ns >= begun)]
            return
        self._stands = self._stands if self.told.step == "stand" else 0
        if self.log:
            now = max(one.arrival_ns for one in (*self.log[-1:], *inputs))
            self.log += [*inputs, *(replace(mark, arrival_ns=now) for mark in self.told.marks)]

    def write(self, path: Path) -> None:
        """The log as a recording; its sensors as they turned out to be worn. Raises RecordingError."""
        sensors = self.told.sensors
        head = Header(
            recording_id=str(uuid.uuid4()),
            created_utc=_now(),
            wearer=self.opened.wearer,
            source=self.opened.source.name,
            software=f"hiphinge {__version__}",
            sensors=sensors,
            monitor=settings.to_json(replace(self.opened.params, sensors=sensors)),
        )
        with Writer(path, head) as writer:
            writer.write(self.log)

    def remember_sensors(self) -> None:
        """Worn sensors that turned out to sit elsewhere than was thought are kept as they sit."""
        if self.opened.source.name == BLE and self.told.sensors != self.opened.source.sensors:
            settings.save(replace(settings.load(), sensors=self.told.sensors))


class Checked:
    """Ten seconds of standing against the zero that was kept; run ``live`` until it ends by itself."""

    def __init__(self, opened: Opened) -> None:
        """InputError where nothing is kept for the wearer."""
        if (kept := settings.kept_calibration(opened.wearer)) is None:
            who = opened.wearer or "you"
            raise InputError(f"No calibration is kept for {who}, expected one. Calibrate first: hiphinge calibrate")
        self._source = opened.source
        if isinstance(self._source, Heard):
            self._source.follow("stand", "", 1)
        self._check = Check(opened.params, opened.source.sensors, kept)
        self.live = Live(opened.source, monitor.Monitor(opened.params))
        self.live.listeners.append(self._hear)
        self.held: Held = self._check.feed(())

    def _hear(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        self.held = self._check.feed(inputs)
        if isinstance(self._source, Obliging):
            self._source.go_on()
        if self.held.done:
            self.live.stop()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
