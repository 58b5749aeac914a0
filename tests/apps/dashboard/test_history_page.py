"""The history in the browser: days, weeks, what opens, what is said of nothing, and what is deleted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hiphinge import settings
from hiphinge.apps.dashboard import past
from hiphinge.apps.dashboard.running import Wish
from hiphinge.errors import InputError
from hiphinge.history import Journal, keep
from tests.apps.dashboard import worn
from tests.apps.dashboard.browsing import Window
from tests.apps.dashboard.served import Dashboard, dashboard
from tests.apps.test_history import desk_days
from tests.history import made_up_sessions as made

TODAY = date(2026, 11, 20)
EVIL = worn.EVIL


def remembered(wearer: str = "ada", days: int = 40) -> None:
    """Desk days until 20 November 2026, and their summaries."""
    with Journal() as journal:
        journal._put(desk_days(wearer, days))
        for entry in desk_days(wearer, days)[-3:]:
            keep(journal.home, entry)


@pytest.fixture
def served() -> Iterator[Dashboard]:
    with dashboard(Wish("simulated")) as one:
        yield one


def test_without_a_day_it_says_what_to_do(served: Dashboard, browser: Browser) -> None:
    one = Window(browser, served, 390, "dark")
    one.go("/history")
    one.says(".empty", "hiphinge desk")
    assert one.page.locator("#catch-up").count() == 0
    assert (one.grave(), one.too_wide(), one.troubles) == ([], 0, [])
    one.context.close()


@pytest.mark.parametrize(
    ("width", "look", "query"),
    [(390, "dark", ""), (820, "light", "?by=weeks"), (1440, "light", ""), (390, "light", "?day=2026-11-20")],
)
def test_it_reads_well(served: Dashboard, browser: Browser, width: int, look: str, query: str) -> None:
    remembered()
    remembered(EVIL, 2)
    one = Window(browser, served, width, look)
    sep = "&" if query else "?"
    one.go(f"/history{query}{sep}wearer=ada")
    drawn = one.page.locator("canvas")
    assert drawn.count() == (1 if "day=" in query else 7 if not query else 6)
    assert all(drawn.nth(n).evaluate(HAS_COLOUR) for n in range(drawn.count()))
    assert one.page.evaluate("window.evil") is None
    assert (one.grave(), one.too_wide(), one.troubles, one.elsewhere) == ([], 0, [], [])
    one.context.close()


HAS_COLOUR = """async canvas => {
  const colours = () => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return new Set(new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer)).size; };
  for (let frames = 0; frames < 600 && colours() <= 10; frames++) await new Promise(requestAnimationFrame);
  return colours() > 10; }"""
"""Within some frames: it is drawn in one of the first."""


def test_a_day_is_opened_from_its_row_by_the_keyboard_and_deleted_once_it_was_said(
    served: Dashboard, browser: Browser
) -> None:
    remembered()
    one = Window(browser, served)
    page = one.go("/history")
    summary = settings.home() / "recordings" / "ada-2026-11-19.summary.json"
    assert summary.exists()
    page.locator("a", has_text="Thu 19 Nov").first.focus()
    page.keyboard.press("Enter")
    one.reads("h1", "Thursday 19 November 2026")
    page.wait_for_load_state()  # the button is there before its script
    page.click("#delete")
    one.says("#going", "To be deleted for good, 19 November 2026: 1 session")
    one.says("#going", summary.name)
    assert one.grave() == []
    page.keyboard.press("Escape")
    assert summary.exists()
    page.click("#delete")
    page.click("#go")
    one.says("#going", "Deleted: 1 session, 1 file.")
    page.click("#keep")
    one.reads("h1", "History")
    assert not summary.exists()
    assert page.locator("a", has_text="Thu 19 Nov").count() == 0
    with Journal() as journal:
        assert not journal.on_day("2026-11-19")
    assert one.troubles == []
    one.context.close()


def test_what_is_recorded_meanwhile_is_not_deleted_with_it() -> None:
    remembered(days=2)
    mark = past.deletion(TODAY, "ada")["mark"]
    with Journal() as journal:
        journal.add(made.entry("later", "2026-11-20T20:00:00", made.bouts_of(("sitting", 5))))
    with pytest.raises(InputError, match=r"not what was shown.*Look again"):
        past.delete(TODAY, "ada", mark)
    with pytest.raises(InputError, match=r"not what was shown"):
        past.delete(TODAY, "ada", "")
    words, gone = past.delete(TODAY, "ada", past.deletion(TODAY, "ada")["mark"])
    assert words == "Deleted: 2 sessions, 2 files."
    assert gone == ["ada-2026-11-20.summary.json", "later.summary.json"]
    assert past.deletion(TODAY, "ada") == {"words": ("Nothing of 20 November 2026 is kept.",), "mark": ""}


def test_deleting_needs_the_own_origin_and_a_day(served: Dashboard) -> None:
    remembered(days=1)
    known = served.open()
    body = b'{"day": "2026-11-20", "wearer": "ada", "mark": ""}'
    assert served.ask("POST", "/api/delete", {"Cookie": known["Cookie"]}, body).status == 403
    assert served.ask("POST", "/api/delete", known | {"Origin": "http://evil.example"}, body).status == 403
    assert served.ask("GET", "/api/delete", known).status == 404
    for wrong in (b'{"day": "", "wearer": "ada", "mark": ""}', b'{"day": "../..", "wearer": "a", "mark": ""}', body):
        assert served.ask("POST", "/api/delete", known, wrong).status == 422
    with Journal() as journal:
        assert journal.on_day("2026-11-20")


def test_days_are_saved_as_csv(served: Dashboard) -> None:
    remembered(days=3)
    found = served.ask("GET", "/history.csv?wearer=ada", served.open())
    assert found.headers["content-disposition"] == 'attachment; filename="hiphinge-days.csv"'
    rows = list(csv.DictReader(io.StringIO(found.body.decode())))
    assert [row["day"] for row in rows] == ["2026-11-18", "2026-11-19", "2026-11-20"]


def test_numbers_are_those_of_the_journal() -> None:
    """By day and by week; the last 28 days, all weeks."""
    remembered()
    by_day = past.shown(past.Asked(), TODAY)
    view, plots = by_day["view"], {plot.title: plot for plot, _ in by_day["plots"]}
    assert (len(view.days), view.all_days, len(plots["Walking"].names)) == (28, 40, 28)
    bins = plots["Sitting"].series
    assert sum(one.values[-1] or 0 for one in bins) == pytest.approx(view.days["sitting_s"].iloc[-1] / 3600, abs=0.01)
    assert plots["Breaks"].goal == settings.Goals().breaks_per_hour
    assert "table" not in plots["Walking"].told
    assert next(plots["Sitting"].rows())[0] == "Fri 20 Nov"
    weeks = past.shown(past.Asked(by="weeks"), TODAY)
    walking = next(plot for plot, _ in weeks["plots"] if plot.title == "Walking")
    assert len(walking.names) == len(weeks["view"].weeks) == 8
    assert walking.links[-1] == "/history?wearer=ada&week=2026-11-16"
    (day,) = [past.shown(past.Asked.of({"day": "2026-11-20"}), TODAY)]
    assert day["beside"] == [
        ("← 19 November 2026", "/history?wearer=ada&day=2026-11-19"),
        ("Its week", "/history?wearer=ada&week=2026-11-16"),
    ]
    assert [plot.title for plot, _ in day["plots"]] == ["The day's hours"]


@pytest.mark.parametrize("query", [{"day": "tomorrow"}, {"week": "2026-13-01"}])
def test_a_day_that_is_none_is_told(query: dict[str, str]) -> None:
    with pytest.raises(InputError, match="is no day, expected one like"):
        past.Asked.of(query)


def test_trouble_is_a_sentence_on_the_page(served: Dashboard) -> None:
    remembered(days=1)
    known = served.open()
    assert b"is no day" in served.ask("GET", "/history?day=x", known).body
    assert b"nobody of that name" in served.ask("GET", "/history?wearer=eve", known).body
    with Journal() as journal:
        journal._connection.execute("PRAGMA user_version = 99")
    found = served.ask("GET", "/history", known)
    assert found.status == 200
    assert b"Update hiphinge" in found.body


def test_a_recording_that_is_not_in_it_yet_is_taken_in(served: Dashboard, browser: Browser, tmp_path: Path) -> None:
    folder = settings.private_folder(settings.home() / "recordings")
    worn.write(folder / "lifts.mcap")
    one = Window(browser, served)
    one.go("/history")
    one.says("#waiting", "1 recording is not in the history yet.")
    one.page.click("#catch-up")
    one.page.wait_for_selector("#catch-up", state="detached")
    one.says("h1", "History")
    with Journal() as journal:
        assert journal.ids() == {"0"}
    assert one.troubles == []
    one.context.close()
