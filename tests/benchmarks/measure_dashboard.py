"""The dashboard: every page in Chromium, its numbers against the core's, and what three browsers cost.

pages: the workout of `hiphinge demo --dashboard`, and a journal of sixty desk days that were
made up; every page at three widths, light and dark, the history by days, by weeks, one week
and one day; problems in the console, serious findings of axe-core, requests to anybody else.
history: s that the numbers of its page take from a journal of so many days.
numbers: what the page showed for each update of the core that it got, and how old it was.
load: a recording of 3 x 100 Hz at real time in a process of its own, with three browsers
on the live page (one on a line of 50 kB/s) and a client that asks and never reads; the
same without any. CPU is the process's own time, so that a busy machine does not matter.
At the small size: no browser; three clients ask as a page does.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import MutableMapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from hiphinge import simulate
from hiphinge.apps.dashboard import past
from hiphinge.apps.dashboard.running import Running, Wish
from hiphinge.apps.dashboard.view import View
from hiphinge.apps.demo import BROWSED
from hiphinge.apps.simulate import header, write_recording
from hiphinge.blocks import Input, Outcome
from hiphinge.history import Journal
from tests.apps.dashboard import worn
from tests.apps.dashboard.served import PATIENCE_S, Dashboard, dashboard
from tests.history import made_up_sessions as made

LOAD_S = 600.0
SETTLED_S = 60.0
"""From which on memory is compared: buffers are full by then."""
TICKS = os.sysconf("SC_CLK_TCK")

LIMITS = {
    "pages.visits": (60, None),
    "pages.console_problems": (0, 0),
    "pages.grave_findings": (0, 0),
    "pages.asked_elsewhere": (0, 0),
    "numbers.updates": (100, None),
    "numbers.wrong": (0, 0),
    "history.wrong": (0, 0),
    "load.seconds": (600, None),
    "load.more_of_a_core_pct": (None, 15.0),
    "load.memory_growth_mb": (None, 10.0),
    "load.behind_s": (None, 1.0),
}
SMALL_LIMITS = {
    "numbers.updates": (5, None),
    "numbers.wrong": (0, 0),
    "history.days": (5, None),
    "history.wrong": (0, 0),
}
SMALL_DAYS, DAYS = 10, 60
TODAY = date(2026, 11, 20)
"""Last of the days that are made up."""


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """All three; the small size asks without a browser."""
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, HIPHINGE_HOME=home):
        if size == "small":
            return {"numbers": asked(Path(home)), "history": remembered(SMALL_DAYS)}
        for part, work in (("browsed", browsed), ("load", loaded)):
            if part not in progress:
                progress[part] = work(Path(home))
    return {**progress["browsed"], "load": progress["load"]}


def remembered(days: int) -> dict[str, Any]:
    """A journal of so many days: whether the page of each period has its numbers, and how long one takes."""
    with Journal() as journal:
        journal._put(made.desk_day(f"{day:%Y-%m-%d}") for day in pd.bdate_range(end=TODAY, periods=days))
    wrong, began = 0, time.process_time()
    for asked in PERIODS:
        shown = past.shown(asked, TODAY)
        days_shown = shown["view"].days
        for plot, _ in shown["plots"]:
            if plot.title == "Walking" and asked.by != past.WEEKS:
                walked = [round(float(x) / 60, 3) for x in days_shown["walking_s"]]
                wrong += plot.series[0].values != walked[-len(plot.names) :]
        wrong += days_shown.empty or not shown["plots"]
    return {"days": days, "wrong": wrong, "seconds": (time.process_time() - began) / len(PERIODS)}


PERIODS = (past.Asked(), past.Asked(by=past.WEEKS), past.Asked(week=TODAY), past.Asked(day=TODAY))
HISTORY = tuple(f"/history?{query}" for query in ("wearer=ada", "by=weeks", "week=2026-11-20", "day=2026-11-20"))


class Core:
    """What the core itself counted, by update; of what was before it, it takes the view's word."""

    def __init__(self, view: View) -> None:
        self.total, self._view = view.glance.reps, view
        self.reps, self.at = {view.seq: self.total}, {view.seq: time.time()}

    def __call__(self, inputs: Sequence[Input], outcome: Outcome) -> None:
        self.total += len(outcome.repetitions)
        self.reps[self._view.seq], self.at[self._view.seq] = self.total, time.time()


def begun(one: Dashboard, known: dict[str, str]) -> Core:
    """A session under way, and its core's own count. Raises TimeoutError."""
    one.ask("POST", "/api/begin", known)
    until = time.monotonic() + PATIENCE_S
    while one.running.live is None or one.running.doing != "live":
        if time.monotonic() > until:
            raise TimeoutError(f"the session did not begin: {one.running.words}")
        time.sleep(0.01)
    core: Core = one.call(counting(one.running))  # type: ignore[assignment]  # what that returns
    return core


async def counting(running: Running) -> Core:
    """A core's count from now on; on the dashboard's loop, where no update comes in between."""
    assert running.live is not None
    assert running.view is not None
    core = Core(running.view)
    running.live.listeners.append(core)
    return core


# --- Small: as a page asks -------------------------------------------------------------


def asked(home: Path) -> dict[str, Any]:
    """Three clients at once; what each was told of each update against the core's count."""
    with dashboard(Wish(str(worn.write(home / "lifts.mcap")), speed=10.0)) as one:
        known = one.open()
        core = begun(one, known)
        told: list[dict[str, Any]] = []

        def follow() -> None:
            while (found := one.ask("GET", "/api/live", known).json)["doing"] == "live":
                told.append(found)

        threads = [threading.Thread(target=follow) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    wrong = sum(found["total"] != core.reps[found["seq"]] for found in told if found["seq"] in core.reps)
    return {"updates": len(told), "wrong": wrong, "repetitions": core.total}


# --- Full: in Chromium -----------------------------------------------------------------

WATCH = """() => { window.seen = []; new MutationObserver(() => seen.push([+document.documentElement.dataset.seq,
  Date.now() / 1000, +document.getElementById('reps-note').textContent.match(/(\\d+) in all/)[1]]))
  .observe(document.documentElement, { attributes: true, attributeFilter: ['data-seq'] }); }"""


def browsed(home: Path) -> dict[str, Any]:
    """The demo's workout: numbers while it runs, then every page."""
    from tests.apps.dashboard.browsing import LOOKS, PAGES, WIDTHS, Window, chromium  # noqa: PLC0415  full size only

    with dashboard(Wish("simulated", speed=BROWSED)) as one, chromium() as browser:
        known = one.open()
        core = begun(one, known)
        window = Window(browser, one)
        window.go("/").evaluate(WATCH)
        while one.running.doing == "live" and len(core.reps) < 1e6 and core.total < 8:
            window.page.wait_for_timeout(500)
        seen = window.page.evaluate("() => seen")
        visits, problems, grave, elsewhere, wide = 0, 0, 0, 0, 0
        name = one.running.view.file if one.running.view else ""
        shots, history = Path("build/dashboard"), remembered(DAYS)
        for width in WIDTHS:
            for look in LOOKS:
                visit = Window(browser, one, width, look)
                for path in (*PAGES, *HISTORY):
                    if path == "/replay" and one.running.doing == "live":
                        one.call(one.running.end())
                    if path == "/calibrate":
                        visit.page.goto(visit.base + path)
                        visit.page.wait_for_timeout(500)
                    else:
                        visit.go(f"/replay?name={name}" if path == "/replay" else path)
                    visits, grave, wide = visits + 1, grave + len(visit.grave()), wide + visit.too_wide()
                    shots.mkdir(parents=True, exist_ok=True)
                    word = re.sub(r"\W+", "", path) or "live"
                    visit.page.screenshot(path=shots / f"{word}-{width}-{look}.png", full_page=True)
                problems, elsewhere = problems + len(visit.troubles), elsewhere + len(visit.elsewhere)
                visit.context.close()
    pages = {"visits": visits, "console_problems": problems, "grave_findings": grave, "asked_elsewhere": elsewhere}
    old = [shown - core.at[seq] for seq, shown, _ in seen if seq in core.at]
    wrong = sum(total != core.reps[seq] for seq, _, total in seen if seq in core.reps)
    p50, p95 = (float(x) for x in np.percentile(old, (50, 95)))
    numbers = {"updates": len(seen), "wrong": wrong, "age_p50_s": p50, "age_p95_s": p95, "repetitions": core.total}
    return {"pages": pages | {"px_too_wide": wide}, "numbers": numbers, "history": history}


class Process:
    """``hiphinge dashboard`` as a program of its own, with a session that runs."""

    def __init__(self, file: Path, home: Path) -> None:
        home.mkdir()
        command = [sys.executable, "-m", "hiphinge", "dashboard", "--source", str(file), "--port", "0", "--no-open"]
        environment = os.environ | {"HIPHINGE_HOME": str(home)}
        self.program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.program.stdout.readline() if self.program.stdout else ""
        self.address = re.findall(r"http\S+", line)[0]
        self.base = self.address.partition("/?")[0]

    def cpu_s(self) -> float:
        """Of all its threads, so far."""
        fields = Path(f"/proc/{self.program.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """Resident."""
        return int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.program.pid}/status").read_text())[0]) / 1024

    def end(self) -> None:
        self.program.terminate()
        self.program.wait(30)


def loaded(home: Path) -> dict[str, Any]:
    """Both processes at once: one watched by three browsers, the other by nobody."""
    from tests.apps.dashboard.browsing import chromium  # noqa: PLC0415  full size only

    file = home / "day.mcap"
    day = simulate.scenario("desk-day", seed=0, hours=(LOAD_S + 120) / 3600)
    write_recording(day, header(day, "measure"), file)
    watched, alone = Process(file, home / "watched"), Process(file, home / "alone")
    with ExitStack() as stack:
        for one in (watched, alone):
            stack.callback(one.end)
        browser = stack.enter_context(chromium())
        contexts = [browser.new_context(), browser.new_context()]
        pages = []
        for context, one in zip(contexts, (watched, alone), strict=True):
            page = context.new_page()
            page.goto(one.address)
            page.wait_for_url(f"{one.base}/")
            page.click("#run")
            page.wait_for_selector("#keys:visible")
            pages.append(page)
        pages[1].close()  # nobody looks on; the session goes on
        pages += [contexts[0].new_page(), contexts[0].new_page()]
        for page in (pages[2], pages[3]):
            page.goto(f"{watched.base}/")
        slow = contexts[0].new_cdp_session(pages[3])
        line = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
        slow.send("Network.emulateNetworkConditions", line)
        return followed(watched, alone, contexts[0], pages[0])


def followed(watched: Process, alone: Process, context: Any, page: Any) -> dict[str, Any]:
    """CPU and memory over LOAD_S, and whether the stream kept its pace."""
    ask = context.request

    def now() -> float:
        return float(ask.get(f"{watched.base}/api/live?after=1e12").json()["seconds"])

    began, first = time.monotonic(), now()
    before = {one: one.cpu_s() for one in (watched, alone)}
    settled, memory = 0.0, []
    while (passed := time.monotonic() - began) < LOAD_S:
        page.wait_for_timeout(5000)
        memory.append(watched.memory_mb())
        settled = memory[-1] if passed <= SETTLED_S else settled
    passed, behind = time.monotonic() - began, (time.monotonic() - began) - (now() - first)
    cores = {one: 100 * (one.cpu_s() - before[one]) / passed for one in (watched, alone)}
    return {
        "seconds": passed,
        "browsers": 3,
        "watched_pct": cores[watched],
        "alone_pct": cores[alone],
        "more_of_a_core_pct": cores[watched] - cores[alone],
        "memory_mb": memory[-1],
        "memory_growth_mb": memory[-1] - settled,
        "behind_s": behind,
    }
