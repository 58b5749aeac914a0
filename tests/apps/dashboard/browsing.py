"""A real browser in front of the real dashboard."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.apps.dashboard.served import PATIENCE_S, Dashboard

WIDTHS = {390: 844, 820: 1180, 1440: 900}
LOOKS = ("light", "dark")
PAGES = ("/", "/calibrate", "/sessions", "/replay", "/history", "/settings")
GRAVE = ("serious", "critical")
OUTSIDE = "http://outside.example"


def program() -> str | None:
    """Chromium, where there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Headless; FileNotFoundError where there is none."""
    found = program()
    if found is None:
        raise FileNotFoundError("browser: no chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Window:
    """A window that was let in; remembers what went wrong and what was asked of anybody else."""

    def __init__(self, browser: Browser, served: Dashboard, width: int = 1440, look: str = "light") -> None:
        size: Any = {"width": width, "height": WIDTHS[width]}
        scheme: Any = look
        self.context: BrowserContext = browser.new_context(viewport=size, color_scheme=scheme)
        self.context.set_default_timeout(1000 * PATIENCE_S)
        self.troubles: list[str] = []
        self.elsewhere: list[str] = []
        self.served = served
        self.base = f"http://{served.host}"
        self.page = self.open()
        self.page.goto(served.server.address())
        self.page.wait_for_url(f"{self.base}/")

    def open(self) -> Page:
        """One tab more."""
        page = self.context.new_page()
        page.on("console", lambda said: self.troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(self.base) else self.elsewhere.append(asked.url))
        return page

    def go(self, path: str) -> Page:
        """To a page, until it has asked what it needs."""
        self.page.goto(self.base + path)  # its scripts have run then; some pages ask for more
        if path == "/":
            self.says("#words", re.compile("."))
        if path.startswith("/replay?"):
            self.says("#back-now", "Low back")
        if path == "/calibrate":
            self.page.wait_for_selector("#begin:visible")
        return self.page

    def says(self, selector: str, words: str | re.Pattern[str]) -> None:
        """Wait until an element holds these words. (Waiting for a script is what the page's policy forbids.)"""
        here: Locator = self.page.locator(selector)
        expect(here).to_contain_text(words, timeout=1000 * PATIENCE_S)

    def reads(self, selector: str, words: str) -> None:
        """Wait until an element holds these words and no others."""
        expect(self.page.locator(selector)).to_have_text(words, timeout=1000 * PATIENCE_S)

    def too_wide(self) -> int:
        """Pixels by which the page sticks out."""
        return int(self.page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)"))

    def grave(self) -> list[str]:
        """What axe finds serious or worse."""
        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in GRAVE]

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)
