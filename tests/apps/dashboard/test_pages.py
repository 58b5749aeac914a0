"""Every page in a real browser: it reads well, tells the core's numbers, and says what is wrong in words."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hiphinge import session, settings
from hiphinge.apps import owner
from hiphinge.apps.dashboard.running import Wish
from hiphinge.blocks import Outcome
from tests.apps.dashboard import worn
from tests.apps.dashboard.browsing import PAGES, Window
from tests.apps.dashboard.served import PATIENCE_S, Dashboard, dashboard

NAME = "2026-03-01 <b>lift<b>.mcap"
SPEED = 6.0
VISITS = [
    *((page, (390, "dark")) for page in PAGES),
    ("/", (820, "light")),
    ("/", (1440, "light")),
    ("/replay", (1440, "light")),
]
"""All pages at all widths in both looks: `make measure dashboard`."""

LARGE_AND_WHOLE = """() => {
  const b = document.getElementById('reps');
  b.textContent = '128'; b.className = ''; b.style.setProperty('--digits', 3);
  const [box, card] = [b.getBoundingClientRect(), b.parentElement.getBoundingClientRect()];
  return box.width <= card.width && box.height < 1.5 * parseFloat(getComputedStyle(b).fontSize) && box.height > 70; }"""
"""A hundred repetitions stand on one line within their card, at a size for three metres."""

TWICE = "id => { const button = document.getElementById(id); button.click(); button.click(); }"
"""As fast as nobody is: two clicks of the mouse may lie any time apart on a busy machine."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIPHINGE_HOME", str(tmp_path_factory.mktemp("home")))
        folder = settings.private_folder(settings.home() / "recordings")
        yield worn.write(folder / NAME)


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Dashboard]:
    with dashboard(Wish(str(home), speed=SPEED)) as one:
        yield one


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of ``served``, which the test would else not see."""
    monkeypatch.setenv("HIPHINGE_HOME", str(home.parents[1]))
    return home


@pytest.fixture
def window(served: Dashboard, browser: Browser, at_home: Path) -> Iterator[Window]:
    one = Window(browser, served)
    yield one
    one.context.close()


@pytest.mark.parametrize(("page", "how"), VISITS)
def test_every_page_reads_well(
    served: Dashboard, browser: Browser, at_home: Path, page: str, how: tuple[int, str]
) -> None:
    one = Window(browser, served, *how)
    one.go(f"/replay?name={NAME}" if page == "/replay" else page)
    assert one.grave() == []
    assert one.too_wide() == 0
    assert page != "/" or one.page.evaluate(LARGE_AND_WHOLE)
    assert one.page.evaluate("window.evil") is None
    assert one.troubles == []
    assert one.elsewhere == []
    assert "not a medical device" in one.text("footer")
    one.context.close()


def test_the_page_tells_the_cores_numbers_and_keys_reach_the_log(
    served: Dashboard, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow until the last key is pressed: at full speed the session may end before."""
    monkeypatch.setattr(served.running, "wish", replace(served.running.wish, speed=0.5))
    page = window.go("/")
    core: dict[int, int] = {}
    page.click("#run")
    page.wait_for_selector("#keys:visible")
    live, view = served.running.live, served.running.view
    assert live is not None
    assert view is not None

    def count(_: object, outcome: Outcome) -> None:
        core[view.seq] = view.glance.reps

    live.listeners.append(count)
    window.says("#set", "End set")
    page.keyboard.press("m")
    window.says("#said", "Marked")
    page.keyboard.press("u")
    window.says("#mute", "Sound on")
    page.keyboard.press("p")  # a pause that the button offers, also out of a mute
    window.says("#pause", "Paused")
    page.keyboard.press("p")
    window.says("#mute", "Mute")
    monkeypatch.setattr(live.source, "_speed", SPEED)
    window.says("#reps", re.compile("[1-9]"))
    seen = page.evaluate("[document.documentElement.dataset.seq, document.getElementById('reps-note').textContent]")
    assert f"{core[int(seen[0])]} in all" in seen[1]
    assert window.grave() == []
    window.reads("#run", "Start session")
    found = session.open(sorted(settings.home().glob("recordings/*-lift.mcap"))[-1])
    pressed = [(c.action, c.value) for c in found.recording.controls() if c.action in ("mark", "set")]
    assert pressed == [("set", "start"), ("mark", "")]
    assert page.get_attribute("#again", "href") == f"/replay?name={view.file}"
    reps = found.analyze().reps
    window.reads("#reps", str(len(reps)))
    assert len(reps) == worn.LIFTS
    assert window.text("#back b") == f"{reps.peak_lumbar_flexion_deg.iloc[-1]:.0f}°"
    assert window.text("#hip b") == f"{reps.peak_hip_flexion_deg.iloc[-1]:.0f}°"
    assert page.locator("#rows tr").count() == len(reps)
    assert f"{len(reps)} repetitions" in window.text("#words")
    assert window.troubles == []


def test_a_browser_that_is_closed_in_mid_set_is_not_missed(
    served: Dashboard, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.running, "wish", replace(served.running.wish, speed=0.1))  # longer than a browser takes
    page = window.go("/")
    page.click("#run")
    page.wait_for_selector("#keys:visible")  # what they said of the session before is still there, unseen
    window.says("#set", "End set")  # a session begins with one; the key does what the button says
    page.keyboard.press("s")
    window.says("#set", "Start set")
    page.keyboard.press("s")
    window.says("#set", "End set")
    page.close()
    view = served.running.view
    assert view is not None
    missed = view.seq
    window.page = window.open()
    window.go("/")
    window.says("#set", "End set")
    window.page.wait_for_function("missed => Number(document.documentElement.dataset.seq) > missed", arg=missed)
    asked: list[str] = []
    window.page.on("request", lambda one: asked.append(one.url) if one.method == "POST" else None)
    window.page.evaluate(TWICE, "run")  # an impatient one does not begin the next
    window.reads("#run", "Start session")
    assert served.running.doing == "idle"
    assert asked == [f"{window.base}/api/end"]


def test_a_replay_plays_seeks_and_stays_small(served: Dashboard, window: Window) -> None:
    sizes: list[int] = []
    window.page.on("response", lambda r: sizes.append(int(r.headers["content-length"])))
    page = window.go(f"/replay?name={NAME}")
    before = window.text("#clock")
    page.keyboard.press(" ")
    expect(page.locator("#clock")).not_to_have_text(before, timeout=1000 * PATIENCE_S)
    assert window.text("#play").startswith("Pause")
    page.keyboard.press(" ")
    assert window.text("#play").startswith("Play")
    page.click("#reps tr:nth-child(2) button")
    window.reads("#clock", wall_clock(window.text("#reps tr:nth-child(2) button"), -1))
    page.select_option("#speed", "10")
    page.keyboard.press("0")
    assert max(sizes) < 300_000
    assert window.troubles == []


def test_a_setting_is_saved_or_refused_beside_its_field(window: Window) -> None:
    page = window.go("/settings")
    field = page.locator("[id='cues.share']")
    field.fill("0.5")
    field.press("Tab")
    window.says("[data-name='cues.share'] output", "Saved")
    assert settings.load().cues.share == 0.5
    field.fill("much")
    field.press("Tab")
    page.wait_for_selector("[data-name='cues.share'] output.wrong")
    assert "'much', expected a number" in window.text("[data-name='cues.share'] output")
    assert settings.load().cues.share == 0.5


def test_somebody_else_who_holds_the_sensors_is_named(window: Window) -> None:
    with owner.owning("desk"):
        page = window.go("/")
        page.click("#run")
        window.says("#words", "desk is recording")


def test_two_sensors_say_what_they_cannot_see(browser: Browser, tmp_path: Path) -> None:
    file = worn.write(tmp_path / "two.mcap", sites=("upper_lumbar", "sacrum"))
    with dashboard(Wish(str(file), speed=0.2)) as served:  # longer than a browser takes
        one = Window(browser, served)
        one.go("/").click("#run")
        one.says("#hip h3", "Pelvis tilt (no sensor on a thigh)")
        one.says("#streaming", "2/2 streaming")
        assert one.grave() == []
        assert one.troubles == []
        one.context.close()


def test_without_a_calibration_it_says_so(browser: Browser, tmp_path: Path) -> None:
    file = worn.write(tmp_path / "none.mcap", calibrated=False)
    with dashboard(Wish(str(file), speed=0.02)) as served:  # two seconds of recording
        one = Window(browser, served)
        page = one.go("/")
        page.click("#run")
        one.says("#back", "Not calibrated")
        assert "Calibrate first" in one.text("#words")
        shutil.copy(file, settings.private_folder(settings.home() / "recordings"))
        one.page.goto(f"{one.base}/replay?name=none.mcap")
        one.says("#words", "stand")
        one.context.close()


def test_a_server_that_is_gone_is_told_in_words(browser: Browser) -> None:
    with dashboard(Wish("nothing.mcap")) as served:
        one = Window(browser, served)
        page = one.go("/")
        page.click("#run")
        one.says("#words", "nothing.mcap")
    one.says("#trouble", "does not answer")
    one.context.close()


def wall_clock(shown: str, seconds: int) -> str:
    """So many seconds later."""
    return f"{datetime.strptime(shown, '%H:%M:%S') + timedelta(seconds=seconds):%H:%M:%S}"
