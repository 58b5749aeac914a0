"""Kill -9 in mid-session: what `hiphinge lift` over the virtual Bluetooth has heard, and what is left of it.

The real command, its own home, three makes of sensors; every notification is noted in a
file of its own before the product gets it (logged_air.py). Lost is the time from the last
notification in the repaired recording to the last one noted; a hole is one that is missing before that, unless
the link was just being given up. The next start of the same command must repair the
recording unasked and say so; it is then killed in its turn.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hiphinge.blocks import Input, Link, Packet
from hiphinge.devices.driver import LOST
from hiphinge.recording import is_closed, open_recording
from tests.benchmarks import logged_air
from tests.benchmarks.measure import ROOT
from tests.benchmarks.worn_home import SEED, furnish

PLAN = {"small": (1, (1.2, 1.6)), "full": (20, (1.5, 8.0))}
"""Kills, and seconds from the first data of all three sensors to each."""
MAKES = {"upper_lumbar": "hiphinge_ble", "sacrum": "witmotion", "thigh_right": "movella_dot"}
START_S = 120.0
"""Patience with a start on a busy machine."""

LIMITS = {
    "kills": (20, None),
    "most_seconds_lost": (None, 1.0),
    "holes": (0, 0),
    "not_repaired_at_the_next_start": (0, 0),
    "not_told": (0, 0),
}
SMALL_LIMITS = {name: (0, 0) for name, bounds in LIMITS.items() if bounds == (0, 0)}
"""Without the seconds: the machine that runs the tests may be busy."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """Over all kills, each repaired by the start after it."""
    kills, wait_s = PLAN[size]
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as name:
        home = furnish(Path(name) / "home", MAKES)
        parts, before = [], None
        for k in range(kills + 1):
            run = Run(home, k)
            run.until_all_send()
            if before:
                parts.append(before.judged(run.told()))
            time.sleep(float(rng.uniform(*wait_s)))
            run.kill()
            before = run
    lost = [part["seconds_lost"] for part in parts]
    return {
        "kills": len(parts),
        "most_seconds_lost": max(lost),
        "median_seconds_lost": float(np.median(lost)),
        "seconds_lost_each": lost,
        **{key: sum(part[key] for part in parts) for key in ("heard", "recorded", "holes", "of_links_given_up")},
        **{key: sum(part[key] for part in parts) for key in ("not_repaired_at_the_next_start", "not_told")},
        "told": parts[-1]["told"],
        "load_average": os.getloadavg()[1],
    }


class Run:
    """One session of the command; started at once."""

    def __init__(self, home: Path, k: int) -> None:
        self.home, self.noted, self.out = home, home / f"noted-{k}", home / f"out-{k}.json"
        self._known = set(self._recordings())
        extra = {
            "HIPHINGE_HOME": str(home),
            "HIPHINGE_BLE_BACKEND": "tests.benchmarks.logged_air:air",
            "HIPHINGE_VIRTUAL": json.dumps({"seed": SEED, "hours": 0.1, "sensors": MAKES}),
            logged_air.FILE: str(self.noted),
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        with self.out.open("wb") as out:
            command = [sys.executable, "-m", "hiphinge", "lift", "--json", "--for", "600"]
            self._process = subprocess.Popen(
                command, cwd=home, env={**os.environ, **extra}, stdout=out, stderr=subprocess.STDOUT
            )

    def until_all_send(self) -> None:
        """Return once each sensor was heard ten times."""
        until = time.monotonic() + START_S
        while (counts := np.unique(logged_air.read(self.noted)["sensor"], return_counts=True)[1]) is not None:
            if len(counts) == len(MAKES) and counts.min() >= 10:
                return
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the session did not begin: {self.out.read_text()[-500:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """-9."""
        self._process.kill()
        self._process.wait()
        [self.file] = set(self._recordings()) - self._known

    def told(self) -> list[str]:
        """What it said of repairs."""
        lines = [json.loads(line) for line in self.out.read_text().splitlines() if line.startswith("{")]
        return [line["message"] for line in lines if line["event"] == "repaired"]

    def judged(self, told: list[str]) -> dict[str, Any]:
        """Its recording after the next start, of which ``told`` are the words on repairs."""
        heard = logged_air.read(self.noted)
        recording = open_recording(self.file)
        log = [one for batch in recording.batches() for one in batch]
        packets = [one for one in log if isinstance(one, Packet)]
        last = max((p.arrival_ns for p in packets), default=int(heard["at_ns"][0]))  # of none, all is lost
        sums = {(p.sensor.encode(), logged_air.checksum(p.payload)) for p in packets}
        before = heard[heard["at_ns"] <= last - 1_000_000]
        missing = [row for row in before if (row["sensor"], row["sum"]) not in sums]
        holes = sum(not given_up(row["sensor"].decode(), int(row["at_ns"]), log) for row in missing)
        whole = is_closed(self.file) and not recording.damage
        return {
            "seconds_lost": max(int(heard["at_ns"][-1]) - last, 0) / 1e9,
            "heard": len(heard),
            "recorded": len(packets),
            "holes": holes,
            "of_links_given_up": len(missing) - holes,
            "not_repaired_at_the_next_start": int(not whole),
            "not_told": int(not any(self.file.name in words for words in told)),
            "told": told[0].replace(self.file.name, "NAME.mcap") if told else "",
        }

    def _recordings(self) -> list[Path]:
        return [f for f in (self.home / "recordings").glob("*.mcap") if not f.stem.endswith((".damaged", ".repaired"))]


def given_up(sensor: str, at_ns: int, log: Sequence[Input]) -> bool:
    """Whether the link to ``sensor`` was being closed: what came of it next is that it is lost."""
    after = [one for one in log if isinstance(one, Packet | Link) and one.sensor == sensor and one.arrival_ns > at_ns]
    return bool(after) and isinstance(after[0], Link) and after[0].state == LOST
