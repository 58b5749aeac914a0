"""Where a live session is recorded, and what an interrupted one left behind."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path

from hiphinge import __version__, settings
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.opening import Opened
from hiphinge.errors import RecordingError
from hiphinge.monitor import UNCALIBRATED, Monitor
from hiphinge.recording import Header, Writer, is_closed, repair

FOLDER = "recordings"


def recordings() -> Path:
    """The folder of recordings in the home."""
    return settings.private_folder(settings.home() / FOLDER)


def new_name(what: str) -> Path:
    """A name that nobody has: recordings/2026-11-21-153000-lift.mcap."""
    plain = recordings() / f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{what}.mcap"
    n, path = 1, plain
    while path.exists():
        n, path = n + 1, plain.with_stem(f"{plain.stem}-{n + 1}")
    return path


def recorded(opened: Opened, path: Path) -> Live:
    """A session, recorded in ``path`` from now on. Raises SettingsError (then it leaves no file), RecordingError."""
    monitor = Monitor(opened.params, opened.calibration)
    return Live(opened.source, monitor, Writer(path, header(opened), threaded=True))


def header(opened: Opened) -> Header:
    """Of a recording that begins now: settings and calibration stand at its start."""
    calibrated = bool(opened.calibration.mountings) or opened.calibration.id != UNCALIBRATED.id
    return Header(
        recording_id=str(uuid.uuid4()),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        wearer=opened.wearer,
        source=opened.source.name,
        software=f"hiphinge {__version__}",
        sensors=opened.source.sensors,
        monitor=settings.to_json(opened.params),
        calibration=settings.calibration_to_json(opened.calibration) if calibrated else "",
    )


def mend() -> list[str]:
    """Repair what a killed session left unclosed; a sentence for each. Call it while owning the home."""
    told = []
    for path in sorted(recordings().glob("*.mcap")):
        if re.search(r"\.(repaired|damaged)$", path.stem) or is_closed(path):
            continue
        try:
            told.append(_mended(path))
        except (RecordingError, OSError) as e:
            told.append(f"{path.name}: not closed, and not to be repaired ({e})")
    return told


def _mended(path: Path) -> str:
    """The repaired file takes the name, which is never without a file; what was found is kept beside it."""
    new, old = path.with_stem(f"{path.stem}.repaired"), path.with_stem(f"{path.stem}.damaged")
    done = repair(path, new)
    old.unlink(missing_ok=True)  # of a repair that was itself cut off
    try:
        os.link(path, old)
    except OSError:  # a disk without hard links
        shutil.copy2(path, old)
    os.replace(new, path)
    lost = f", {done.lost_s:.1f} s lost" if done.lost_s else ""
    return f"{path.name}: its session was cut off; repaired, {done.saved_s:.0f} s saved{lost}."
