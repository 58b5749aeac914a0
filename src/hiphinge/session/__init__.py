"""``hiphinge.open``: a recording as pandas sees it, through the same path as live."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hiphinge.blocks import Alert, Bout, Calibration, Repetition
from hiphinge.detect import rounding, sitting
from hiphinge.detect.heard import Gap
from hiphinge.devices.registry import DECODERS
from hiphinge.fusion import filters
from hiphinge.markers import Marker, from_control
from hiphinge.recording import Header, Recording, open_recording
from hiphinge.session import course, summary, tables
from hiphinge.session.angles import AngleStream
from hiphinge.session.hamstrings import Hamstrings
from hiphinge.session.tables import Table
from hiphinge.settings.drivers import load_drivers

if TYPE_CHECKING:
    import pandas as pd  # a third of a second, which only frames need


@dataclass(frozen=True)
class Found:
    """What an analysis found, apart from the angles: the tables of contract.md, by name, and the summary."""

    tables: Mapping[str, Table]
    summary: dict[str, Any]

    @cached_property
    def reps(self) -> pd.DataFrame:
        """One row a repetition, as in reps.csv; ``rounded`` is True, False or NA."""
        return self.tables["reps"].frame()

    @cached_property
    def bouts(self) -> pd.DataFrame:
        """One row a bout, as in bouts.csv."""
        return self.tables["bouts"].frame()

    @cached_property
    def alerts(self) -> pd.DataFrame:
        """One row an alert, as in alerts.csv."""
        return self.tables["alerts"].frame()


@dataclass(frozen=True)
class Result(Found):
    """The whole analysis; ``angles`` has a row for every instant of the grid."""

    angles: pd.DataFrame


class Session:
    """A recording and what it says about itself. Reads the samples only when asked for more."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.header: Header = recording.header

    @property
    def sites(self) -> tuple[str, ...]:
        """Where sensors are worn."""
        return tuple(s.site for s in self.header.sensors)

    @property
    def metadata(self) -> dict[str, Any]:
        """Who recorded what, when, with what."""
        h = self.header
        names = ("recording_id", "created_utc", "wearer", "source", "software", "format_version")
        return {name: getattr(h, name) for name in names}

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """The named parts, in the order in which they were given."""
        return tuple(m for m in map(from_control, self.recording.controls()) if m)

    @cached_property
    def calibration(self) -> Calibration | None:
        """The one attached to the recording, or found in it (this reads it once)."""
        return course.plan(self.recording, {}).calibration

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Silences over 0.5 s of each sensor (this reads the recording once)."""
        return course.gaps(self.recording)

    def analyze(self, overrides: Mapping[str, str] | None = None) -> Result:
        """Angles, repetitions, bouts, alerts and summary; ``overrides`` as in ``--set rule.name=value``."""
        kept: list[pa.Table] = []
        found = self.stream(kept.append, overrides)
        # self_destruct: a day's angles (200 MB) stand in memory once, not twice.
        angles = pa.concat_tables(kept).to_pandas(split_blocks=True, self_destruct=True)
        return Result(found.tables, found.summary, angles)

    def stream(
        self,
        take: Callable[[pa.Table], object],
        overrides: Mapping[str, str] | None = None,
        progress: Callable[[float], object] = lambda t: None,
    ) -> Found:
        """As :meth:`analyze`, but ``take`` gets the angles piece by piece.

        ``progress`` hears how far on the recording's clock (s) the analysis is.
        """
        plan = course.plan(self.recording, overrides or {})
        run, angles = course.Course(self.recording, plan), AngleStream(self.sites, take)
        hamstrings = Hamstrings(course.marked(self.recording), plan.params.range_of_motion.rate)
        reps: list[Repetition] = []
        bouts: list[Bout] = []
        alerts: list[Alert] = []
        for outcome in run.outcomes():
            angles.add(outcome.angles)
            hamstrings.add(outcome.angles)
            reps += outcome.repetitions
            bouts += outcome.bouts
            alerts += outcome.alerts
            if len(outcome.angles):
                progress(float(outcome.angles.t[-1]))
        angles.close()
        if plan.refused and all(bout.posture == sitting.UNKNOWN for bout in bouts):
            raise plan.refused  # nothing at all could be said
        words = self._summary(plan, run, angles, (reps, bouts, alerts), overrides or {})
        words["tests"] = summary.plain(hamstrings.tests())
        return Found({"reps": tables.reps(reps), "bouts": tables.bouts(bouts), "alerts": tables.alerts(alerts)}, words)

    def _summary(
        self,
        plan: course.Plan,
        run: course.Course,
        angles: AngleStream,
        found: tuple[list[Repetition], list[Bout], list[Alert]],
        overrides: Mapping[str, str],
    ) -> dict[str, Any]:
        reps, bouts, alerts = found
        own_range = plan.calibration.max_lumbar_flexion if plan.calibration else float("nan")
        limit = rounding.limit(plan.params.rounding, own_range)
        heard = run.monitor.heard
        quality = summary.Quality(
            heard.loss_pct(),
            heard.gaps(),
            angles.nan_pct(),
            tuple(self.recording.damage),
            run.monitor.sync_error,
            summary.how_synced(run.monitor),
        )
        content = {
            "recording": self.recording.path.name,
            **self.metadata,
            **summary.clock_words(run.clock, angles.start),
            **summary.step_words(run.steps),
            **summary.span_words(angles.start, angles.end, angles.instants),
            "setup": summary.setup_words(self.header.sensors),
            "calibration": summary.calibration_words(plan.calibration, plan.attached),
            "rounding": {"limit_deg": math.degrees(limit), "share_pct": 100 * plan.params.rounding.on_share},
            "quality": summary.quality_words(quality),
            "skin_sd_deg": summary.SKIN_SD_DEG,
            "skin": summary.SKIN_WORDS,
            "counts": summary.counts(reps, alerts),
            "sitting": summary.sitting(bouts, self.sites),
            "settings": dict(overrides),
            "settings_not_known_any_more": list(plan.forgotten),
            "versions": summary.versions(filters.available(plan.params.orientation.filter)),
        }
        plain: dict[str, Any] = summary.plain(content)
        return plain


def open(path: str | os.PathLike[str]) -> Session:
    """A recording by its file name. Raises RecordingError, NewerFormatError, OSError."""
    recording = open_recording(path)
    if any(sensor.device not in DECODERS for sensor in recording.header.sensors):
        load_drivers()  # of other packages, and those described in the home
    return Session(recording)
