"""Where the CPU time of a run goes: exclusive times by stage, from timers around each stage's verb.

A profiler would slow small calls more than large ones; a timer around the verbs costs
less than a thousandth. ``python -m tests.benchmarks.stage_clock OUT.json analyze …``
runs a command of hiphinge with the timers in.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

REST = "everything else"
WHOLE = frozenset({"calibration: search and fit", "report"})
"""Stages that are one figure, whatever they call."""

VERBS = {
    "calibration: search and fit": ("session.course:plan",),
    "reading the file": ("recording.reader:Recording.batches", "recording.reader:Recording.runs"),
    "decoding": ("devices.hiphinge_imu:Decoder.decode", "devices.hiphinge_imu:Decoder.decode_runs"),
    "own errors": ("streams.calibrate:SensorErrors.correct",),
    "align": ("streams.align:Aligner.align", "streams.align:Aligner.finish"),
    "orientation: vqf": ("fusion.filters:VqfFilter.follow",),
    "orientation: the rest": ("fusion.orientation:Orientation.estimate",),
    "body": ("kinematics.body:Body.place",),
    "heading": ("fusion.heading:Heading.relate",),
    "angles": ("kinematics.joint_angles:JointAngles.measure", "kinematics.split:Split.bound"),
    "lifts": ("detect.lifts:Lifts.update",),
    "rounding": ("detect.rounding:Rounding.update",),
    "wear": ("detect.wear:Wear.update", "detect.wear:Wear.finish"),
    "postures": ("detect.sitting:Postures.update", "detect.sitting:Postures.finish"),
    "signal": ("detect.signal:Signal.update",),
    "quality: loss and gaps": ("detect.heard:Heard.count",),
    "alerts": ("alerts.rules:Admission.update",),
    "tables: columns": ("session.angles:AngleStream.add", "session.angles:AngleStream.close"),
    "tables: files": ("apps.analyze:AngleFile.write", "apps.analyze:AngleFile.__exit__", "apps.analyze:write_text"),
    "report": ("apps.analyze:write_report",),
}
LIVE = tuple(name for name, verbs in VERBS.items() if not verbs[0].startswith(("session", "apps", "recording")))
"""The stages within ``Monitor.feed``."""


class StageClock:
    """CPU seconds by stage; each instant counts for the innermost one."""

    def __init__(self, now: Callable[[], int] = time.process_time_ns) -> None:
        self.spent_ns: Counter[str] = Counter()
        self._now = now
        self._stack = [REST]
        self._since = now()

    def turn(self, stage: str) -> None:
        """All time since the last turn goes to ``stage``."""
        now = self._now()
        self.spent_ns[stage] += now - self._since
        self._since = now

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function (or generator), on the clock of ``stage``."""

        @functools.wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            if self._stack[-1] in WHOLE:
                return function(*args, **options)
            self._enter(stage)
            try:
                return function(*args, **options)
            finally:
                self._leave()

        @functools.wraps(function)
        def each(*args: Any, **options: Any) -> Iterator[Any]:
            step = self.timed(stage, functools.partial(next, function(*args, **options)))
            while True:
                try:
                    item = step()
                except StopIteration:
                    return
                yield item

        return each if inspect.isgeneratorfunction(function) else run

    def _enter(self, stage: str) -> None:
        self.turn(self._stack[-1])
        self._stack.append(stage)

    def _leave(self) -> None:
        self.turn(self._stack.pop())


def put_in(clock: StageClock, stages: tuple[str, ...] = tuple(VERBS)) -> Callable[[], None]:
    """Timers around the verbs of ``stages``; call what is returned to take them out. A verb that is gone: KeyError."""
    replaced = []
    for stage in stages:
        for place in VERBS[stage]:
            module, _, path = place.partition(":")
            *outer, name = path.split(".")
            owner = functools.reduce(getattr, outer, importlib.import_module(f"hiphinge.{module}"))
            replaced.append((owner, name, vars(owner)[name]))
            setattr(owner, name, clock.timed(stage, vars(owner)[name]))

    def take_out() -> None:
        for owner, name, original in replaced:
            setattr(owner, name, original)

    return take_out


def main() -> None:
    """Run ``hiphinge ARGUMENTS`` and write seconds by stage."""
    out, arguments = Path(sys.argv[1]), sys.argv[2:]
    cli = importlib.import_module("hiphinge.apps.cli")
    importlib.import_module(cli.COMMANDS[arguments[0]][0].partition(":")[0])
    clock = StageClock()
    clock.spent_ns["imports"] = time.process_time_ns()
    put_in(clock)
    clock.turn("imports")
    try:
        cli.main(arguments)
    finally:
        clock.turn(REST)
        out.write_text(json.dumps({stage: ns / 1e9 for stage, ns in clock.spent_ns.most_common()}))


if __name__ == "__main__":
    main()
