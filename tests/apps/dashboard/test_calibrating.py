"""The guided calibration and its check in the browser: what is said, kept and recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from hiphinge import session, settings
from hiphinge.apps.dashboard.running import Wish
from hiphinge.session import course
from tests.apps.dashboard.browsing import Window, chromium, program
from tests.apps.dashboard.served import dashboard


@pytest.fixture
def window() -> Iterator[Window]:
    if program() is None:
        pytest.skip("browser: no chromium on this machine")
    with chromium() as browser, dashboard(Wish("simulated", speed=1e6)) as served:
        yield Window(browser, served)


def test_a_calibration_is_kept_and_recorded_and_then_checked(window: Window) -> None:
    page = window.go("/calibrate")
    page.click("#check")
    window.says("#words", "No calibration is kept for virtual")
    page.click("#begin")
    window.reads("#title", "✓ Calibrated")
    window.says("#words", "Own lumbar flexion")
    kept = settings.kept_calibration("virtual")
    assert kept is not None
    (path,) = settings.home().glob("recordings/*-calibrate.mcap")
    found = course.plan(session.open(path).recording, {}).calibration
    assert (found.id, found.wearer) == (kept.id, "virtual")
    assert path.stat().st_mode & 0o077 == 0
    page.click("#check")
    window.says("#words", re.compile("✓ Your calibration holds"))
    assert window.grave() == []
    assert window.troubles == []


def test_one_that_is_stopped_leaves_nothing(window: Window) -> None:
    window.served.running.wish = Wish("simulated", speed=0.01)  # its first step takes long
    page = window.go("/calibrate")
    page.click("#begin")
    window.says("#title", "All together")
    page.click("[data-key=quit]")
    window.says("#words", "nothing was kept")
    assert not list(settings.home().glob("recordings/*"))
    assert settings.kept_calibration("virtual") is None
