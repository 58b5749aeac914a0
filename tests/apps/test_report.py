"""The report: at a glance, offline, on any screen, and safe from the names in a recording."""

from __future__ import annotations

import html as html_module
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hiphinge.apps.report import series
from hiphinge.apps.report.build import render
from hiphinge.apps.report.clock import Clock
from hiphinge.apps.report.page import script_json
from hiphinge.blocks import AngleBlock, Outcome
from hiphinge.session import Found
from tests.apps.made_up_outcomes import MadeUp, open_made_up, workout

Report = Callable[..., str]
Browser = Callable[[Path, int], tuple[str, str]]
QUIET = "setting log level to"
"""What Bokeh always says."""
EVIL = "<script>alert('hiphinge')</script>"


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Made-up outcomes as a page; ``keep`` changes what was found before it is drawn."""

    def of(made: MadeUp, title: str = "", keep: Callable[[Found], Found] = lambda f: f) -> str:
        kept: list[pa.Table] = []
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        found = keep(open_made_up(made, folder, monkeypatch).stream(kept.append))
        table = pa.concat_tables(kept)
        return render({name: table[name].to_numpy() for name in table.column_names}, found, title)

    return of


def words_of(page: str) -> str:
    """What a reader sees, drawings aside."""
    body = re.sub(r"<script>.*?</script>|<style>.*?</style>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html_module.unescape(re.sub(r"<[^>]+>", " ", body)))


def only(made: MadeUp, *names: str) -> MadeUp:
    """The same, with nothing but these angles known."""

    def thinned(outcome: Outcome) -> Outcome:
        a = outcome.angles
        return replace(outcome, angles=AngleBlock(a.t, {n: a[n] for n in names}, a.flags))

    return replace(made, outcomes=[thinned(o) for o in made.outcomes])


def test_a_workout_at_a_glance(report: Report) -> None:
    """The headline says what the tables say."""
    page = words_of(report(workout()))
    assert "5 min 00 s recorded; 19 lifts" in page
    assert "Rounded back 6 of 19 low back past 44°, which is 80 % of own range" in page
    assert "Lifts 19 7 hinge, 6 squat and 6 stoop" in page
    assert "Alerts 6 6 × rounded back" in page
    assert "Monday 10 November 2025, from 09:00:00" in page
    assert "It is not a medical device" in page


def test_nothing_is_fetched(report: Report) -> None:
    """No address outside the library's own code, and a policy that forbids to load anything."""
    page = report(workout())
    assert "default-src 'none'" in page
    own = re.sub(r"<script>.*?</script>", "", page, count=1, flags=re.DOTALL)
    assert re.findall(r"https?://|//[a-z]+\.|url\(|@import|<link|\ssrc=", own) == []
    assert len(page) < 1_500_000 + 400_000


def test_names_cannot_become_code(report: Report) -> None:
    """Wearer, file name, sensors, alerts, kinds, postures, title and calibration come out as text."""
    made = replace(workout(), names=(EVIL, "a<b>.mcap"))
    last = made.outcomes[-1]
    evil = replace(
        last,
        repetitions=tuple(replace(r, kind=EVIL) for r in last.repetitions),
        bouts=tuple(replace(b, posture=EVIL) for b in last.bouts),
        alerts=tuple(replace(a, message=EVIL, rule=EVIL, kind=EVIL) for a in last.alerts),
    )

    def named(found: Found) -> Found:
        content = found.summary
        content["setup"]["sites"] = content["setup"]["not_observable"] = content["quality"]["damage"] = [EVIL]
        content["calibration"] |= {"verdict": EVIL, "missing": [EVIL], "axes": {EVIL: {"from": EVIL}}}
        content["versions"]["filter"] = EVIL
        return found

    page = report(replace(made, outcomes=[*made.outcomes[:-1], evil]), keep=named)
    assert "<script>alert" not in page
    assert "a<b>.mcap" not in page
    assert page.count("<script>") == page.count("</script>")
    assert words_of(page).count(EVIL) > 10
    assert "<script>alert" not in report(workout(), title=EVIL)


def test_json_cannot_end_its_script() -> None:
    """Nothing in a string can close the script that it stands in."""
    text = script_json({"name": "</script><!--<script>&\u2028\u2029"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert text.isascii()


def test_without_a_wall_clock_times_count_from_the_start(report: Report) -> None:
    """An import without --start says so."""
    page = words_of(report(replace(workout(), utc_ns=None)))
    assert "date and time of day not recorded" in page
    assert "0:00:21" in page


def test_what_cannot_be_observed_is_said(report: Report) -> None:
    """A thigh alone, back without thigh, no calibration: words, no blanks."""
    thigh = replace(only(workout(), "thigh_elevation"), sites=("thigh_right",), calibrated=False)
    thigh.outcomes[-1] = replace(thigh.outcomes[-1], repetitions=(), alerts=())
    page = words_of(report(thigh))
    assert "Lifts – not observable with these sensors" in page
    assert "thigh elevation" in page
    back = only(workout(), "lumbar_flexion", "lumbar_flexion_sd", "pelvis_tilt", "trunk_inclination")
    back.outcomes[-1] = replace(back.outcomes[-1], bouts=())
    page = words_of(report(replace(back, sites=("upper_lumbar", "sacrum"), calibrated=False)))
    assert "pelvis tilt (no hip angle with these sensors)" in page
    assert "own range not calibrated" in page
    assert "Sitting – not observable with these sensors" in page


def test_what_a_seat_hides_is_no_poor_quality(report: Report) -> None:
    """The worst sagittal angle is counted; abduction and rotation of the hip are named, no more."""
    unknown = {
        "lumbar_flexion_deg": 0.1,
        "hip_flexion_left_deg": 1.2,
        "hip_abduction_deg": 68.0,
        "hip_rotation_deg": 68.0,
    }

    def seated(found: Found) -> Found:
        quality = {**found.summary["quality"], "nan_pct": unknown}
        return replace(found, summary={**found.summary, "quality": quality})

    page = words_of(report(workout(), keep=seated))
    assert "1.2 % of the time unknown" in page
    assert "hip abduction (68 % of the time) and hip rotation (68 % of the time)" in page


def test_nothing_is_drawn_of_sensors_that_nobody_wears() -> None:
    t = np.arange(6.0)
    drawn = series.lines({"t_s": t, "trunk_inclination_deg": np.float32([1, 2, 3, -178, 179, 4])})
    bouts = pd.DataFrame({"start_s": [0.0, 3.0], "end_s": [3.0, 5.0], "posture": ["standing", "not_worn"]})
    back = series.while_worn(drawn, bouts).back
    assert back is not None
    np.testing.assert_array_equal(back, np.float32([1, 2, 3, np.nan, np.nan, 4]))
    assert series.while_worn(drawn, bouts[:1]) is drawn


def test_an_empty_recording_still_has_a_report(report: Report) -> None:
    """No instant, no lift, no bout."""
    none = AngleBlock(np.empty(0), {}, np.empty(0, np.uint8))
    page = words_of(report(replace(workout(), outcomes=[Outcome(none)])))
    assert "No lift was seen" in page
    assert "There was no alert" in page


def test_thinning_keeps_peaks_and_gaps() -> None:
    """Least and greatest of each span stay; a span of NaN stays NaN."""
    column = np.zeros(100_000, np.float32)
    column[54_321], column[77_777] = 99.0, -5.0
    column[30_000:31_000] = np.nan
    starts = series.spans(len(column))
    drawn = series.zigzag(column, starts)
    assert len(drawn) == 2 * series.BINS
    assert np.nanmax(drawn) == 99.0
    assert np.nanmin(drawn) == -5.0
    at = np.searchsorted(starts, 30_500)
    assert np.isnan(drawn[2 * at])


def test_the_clock_crosses_midnight() -> None:
    """Local time by the recorded offset."""
    clock = Clock.of({"start_s": 5.0, "start_utc": "2025-11-10T22:59:59+00:00", "utc_offset_s": 3600})
    assert clock.words(6.0) == "00:00:00"
    assert clock.day() == "Monday 10 November 2025"
    assert clock.ms([6.0])[0] == 1_762_819_200_000.0


def test_summer_time_that_ends_in_between_is_said() -> None:
    """Times go on from the start, so that the axis has no hour twice."""
    began = {"start_s": 0.0, "start_utc": "2026-10-25T00:00:00+00:00", "utc_offset_s": 7200}
    ended = {"t_s": 3600.0, "utc": "2026-10-25T01:00:00+00:00", "utc_offset_s": 3600}
    assert Clock.of({**began, "clock": []}).zone == "wall clock of the wearer"
    assert "summer time changed" in Clock.of({**began, "clock": [ended]}).zone


@pytest.fixture
def chromium(tmp_path: Path) -> Browser:
    """A page as Chromium shows it at a width: its DOM, and what the console said. Skips without one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("browser: no chromium on this machine")
    switches = (
        "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
        "--disable-sync --no-first-run --enable-logging=stderr --virtual-time-budget=5000"
    ).split()

    def shown(page: Path, width: int) -> tuple[str, str]:
        own = (f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", "--dump-dom")
        command = [str(program), *switches, *own, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout, "\n".join(
            line for line in done.stderr.splitlines() if "CONSOLE" in line and QUIET not in line
        )

    return shown


PROBE = """<script>
function canvases(root) {
  const found = [...root.querySelectorAll("canvas")];
  for (const element of root.querySelectorAll("*")) if (element.shadowRoot) found.push(...canvases(element.shadowRoot));
  return found;
}
function drawn(canvas) {
  if (!canvas.width || !canvas.height) return false;
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(v => v > 0);
}
addEventListener("load", () => setTimeout(() => {
  const root = document.documentElement;
  root.dataset.drawn = canvases(document).filter(drawn).length;
  root.dataset.overflow = Math.max(0, root.scrollWidth - innerWidth);
}, 2000));
</script>"""


@pytest.mark.parametrize("width", [360, 1280])
def test_a_browser_shows_it(report: Report, chromium: Browser, tmp_path: Path, width: int) -> None:
    """Drawings are drawn, the words are there, nothing sticks out, the console is silent."""
    page = tmp_path / "report.html"
    made = replace(workout(), names=(EVIL, "a'b\"c.mcap"))
    page.write_text(report(made).replace("</body>", f"{PROBE}</body>"), encoding="utf-8")
    dom, console = chromium(page, width)
    assert console == ""
    assert int(re.findall(r'data-drawn="(\d+)"', dom)[0]) >= 3
    assert re.findall(r'data-overflow="(\d+)"', dom) == ["0"]
    for word in ("Rounded back", "Over time", "Low back against hip", "Data quality", "not a medical device"):
        assert word in words_of(dom)


def test_a_broken_page_would_be_noticed(chromium: Browser, tmp_path: Path) -> None:
    """The check of the console can fail."""
    page = tmp_path / "broken.html"
    page.write_text("<!doctype html><script>nothing.here()</script>")
    assert "nothing is not defined" in chromium(page, 400)[1]
