"""Recordings opened for replay: analysed once, then handed to pages in small pieces.

A day has 2.9 million instants; a page gets the least and the greatest of each of
its pixels, and 20 poses a second of what it plays. Never more.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.apps.dashboard.reading import ABOUT, COARSE, ROWS, SPAN, TIMES, WIDTH
from hiphinge.apps.dashboard.shelf import Shelf
from hiphinge.apps.dashboard.view import known, number
from hiphinge.apps.report.series import highest, lowest, spans
from hiphinge.errors import InputError, RecordingError

MOST_PIXELS, LONGEST_POSES_S, POSE_HZ = 4000, 120.0, 20.0
MOST_READY = 3
"""Opened at a time; a day takes 100 MB of the disk."""
MOST_ROWS = 2000
"""Repetitions, alerts and bouts that a page lists."""


class Ready:
    """One analysed recording; its arrays stay on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._about: dict[str, Any] = json.loads((folder / ABOUT).read_text("utf-8"))
        self.t = _mapped(folder / TIMES, "<f8", ())
        self.rows = _mapped(folder / ROWS, "<f4", (WIDTH,))
        self.coarse = _mapped(folder / COARSE, "<f4", (4,))

    @cached_property
    def about(self) -> dict[str, Any]:
        """What a page needs to know before it draws."""
        summary = self._about["summary"]
        lists = {name: self._about[name][:MOST_ROWS] for name in ("reps", "alerts", "bouts")}
        keys = ("recording", "wearer", "start_s", "end_s", "start_utc", "utc_offset_s", "instants")
        limit, own = summary["rounding"]["limit_deg"], summary["calibration"].get("max_lumbar_flexion_deg")
        labels = {"back_label": self._about["back_label"], "hip_label": self._about["hip_label"]}
        words = {"limit": limit, "range": own, "verdict": summary["calibration"]["verdict"]}
        return {key: summary[key] for key in keys} | labels | words | lists

    def span(self, start: float, end: float, pixels: int) -> dict[str, Any]:
        """Least and greatest of both lines for each of at most ``pixels`` steps of ``start`` to ``end`` s."""
        first, last = (int(i) for i in np.searchsorted(self.t, (start, end)))
        pixels = min(max(pixels, 1), MOST_PIXELS)
        if last - first > 4 * SPAN * pixels:
            bounds, step = self.coarse[first // SPAN : last // SPAN + 1], SPAN
            lines = [bounds[:, i] for i in range(4)]
            offset = first // SPAN * SPAN
        else:
            fine, step, offset = self.rows[first:last], 1, first
            lines = [fine[:, 0], fine[:, 0], fine[:, 1], fine[:, 1]]
        if not len(lines[0]):
            return {"t": [], "back": [[], []], "hip": [[], []]}
        starts = spans(len(lines[0]), pixels)
        reduced = [f(np.asarray(x), starts) for f, x in zip((lowest, highest) * 2, lines, strict=True)]
        low, high, hip_low, hip_high = ([number(x, 1) for x in line] for line in reduced)
        at = np.minimum(starts * step + offset, len(self.t) - 1)
        return {"t": [number(x, 2) for x in self.t[at]], "back": [low, high], "hip": [hip_low, hip_high]}

    def poses(self, start: float, end: float) -> list[list[float | None]]:
        """Rows at POSE_HZ from ``start`` on, for LONGEST_POSES_S at most."""
        end = min(end, start + LONGEST_POSES_S)
        first, last = (int(i) for i in np.searchsorted(self.t, (start, end)))
        if last <= first:
            return []
        tick = np.floor(self.t[first:last] * POSE_HZ)
        at = first + np.flatnonzero(np.diff(tick, prepend=-np.inf) > 0)
        return [known([float(self.t[i]), *self.rows[i]]) for i in at]


def _mapped(path: Path, kind: str, width: tuple[int, ...]) -> Any:
    if not path.stat().st_size:
        return np.empty((0, *width), kind)
    return np.memmap(path, kind, "r").reshape(-1, *width)


class Opening:
    """A recording while it is analysed."""

    def __init__(self, path: Path, folder: Path, seconds: float | None) -> None:
        self.seconds, self.at, self.first = seconds, 0.0, None
        self.folder = folder
        self.task = asyncio.create_task(self._run(path))

    @property
    def progress(self) -> float | None:
        """0 to 1; None: not known."""
        return min(self.at / self.seconds, 1.0) if self.seconds else None

    async def _run(self, path: Path) -> None:
        program = (sys.executable, "-m", "hiphinge.apps.dashboard.reading", str(path), str(self.folder))
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *program, stdout=pipe, stderr=pipe, stdin=asyncio.subprocess.DEVNULL
        )
        if child.stdout is None or child.stderr is None:
            return
        said = asyncio.create_task(child.stderr.read())
        try:
            first: float | None = None
            async for line in child.stdout:
                first = float(line) if first is None else first
                self.at = float(line) - first
            words = (await said).decode("utf-8", "replace").strip()
            if await child.wait():
                raise RecordingError(words.splitlines()[-1] if words else f"{path.name}: cannot be analysed.")
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            # It is over once it is dead and its pipes are closed: what is left of it would outlive the loop.
            await asyncio.gather(said, child.stdout.read(), child.wait(), return_exceptions=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @staticmethod
    async def give_up(some: Collection[Opening]) -> None:
        """Returns when nothing of them is left."""
        for one in some:
            one.task.cancel()
        await asyncio.gather(*(one.task for one in some), return_exceptions=True)


class Library:
    """Opens recordings by the names of the shelf; close it to clean up."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._folder = Path(tempfile.mkdtemp(prefix="hiphinge-"))  # for the owner only
        self._opening: dict[str, Opening] = {}
        self._ready: dict[str, Ready] = {}
        self._made = 0

    async def close(self) -> None:
        """Stop what is under way and take all away."""
        await Opening.give_up(self._opening.values())
        self._ready.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, name: str) -> dict[str, Any]:
        """How far it is; with ``about`` once it is ready. Raises InputError, RecordingError."""
        if name in self._ready:
            return {"ready": True, "about": self._ready[name].about}
        if name not in self._opening:
            self._begin(name)
        one = self._opening[name]
        if not one.task.done():
            return {"ready": False, "progress": one.progress}
        del self._opening[name]
        one.task.result()
        self._keep(name, one)
        return self.ask(name)

    def ready(self, name: str) -> Ready:
        """One that is; InputError for any other."""
        if name not in self._ready:
            raise InputError(f"{name!r}: not open. Open it from Sessions.")
        return self._ready[name]

    async def forget(self, names: Collection[str]) -> None:
        """What was made of recordings that are deleted goes with them."""
        await Opening.give_up([self._opening.pop(name) for name in names if name in self._opening])
        for name in names:
            if name in self._ready:
                shutil.rmtree(self._ready.pop(name).folder, ignore_errors=True)

    def _begin(self, name: str) -> None:
        path = self._shelf.path(name)
        self._collect()
        if len(self._opening) >= MOST_READY:
            raise InputError("Other recordings are being opened. Wait for them.")
        seconds = next((one.seconds for one in self._shelf.all() if one.name == name), None)
        self._made += 1
        folder = self._folder / str(self._made)
        folder.mkdir()
        self._opening[name] = Opening(path, folder, seconds)

    def _collect(self) -> None:
        """What came to its end after its page was left: nobody asks for it any more."""
        for name in [name for name, one in self._opening.items() if one.task.done()]:
            one = self._opening.pop(name)
            if not one.task.exception():
                self._keep(name, one)

    def _keep(self, name: str, one: Opening) -> None:
        self._ready[name] = Ready(one.folder)
        while len(self._ready) > MOST_READY:
            oldest = self._ready.pop(next(iter(self._ready)))
            shutil.rmtree(oldest.folder, ignore_errors=True)
