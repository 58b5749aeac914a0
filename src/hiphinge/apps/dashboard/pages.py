"""What is under which path: pages, what they ask for, and the files that they need."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from hiphinge.apps.dashboard import choices, past
from hiphinge.apps.dashboard.apart import Apart
from hiphinge.apps.dashboard.replaying import Library
from hiphinge.apps.dashboard.running import CALIBRATING, CHECKING, Running
from hiphinge.apps.dashboard.shelf import Shelf
from hiphinge.apps.dashboard.view import number
from hiphinge.apps.dashboard.web import GET, POST, Handler, Reply, Request, Table, as_json, page
from hiphinge.apps.guided.screen import KEYS, TITLES
from hiphinge.apps.live import books
from hiphinge.errors import HiphingeError, InputError, in_words
from hiphinge.settings import safety
from hiphinge.wizard import holds
from hiphinge.wizard.guide import Guidance
from hiphinge.wizard.placement import ALONE, HOW_TO_FIND, NUMBERS, PICTURE
from hiphinge.wizard.steps import NAMES

KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FILES = (
    *("look.css", "icon.svg", "ask.js", "figure.js", "traces.js"),
    *("live.js", "calibrate.js", "replay.js", "history.js", "settings.js"),
)
TEMPLATES = tuple(f"{n}.html" for n in ("base", "live", "calibrate", "sessions", "replay", "history", "settings"))
"""Both read once at the start: no request reads a file."""
BUTTONS = {"next": "Next", "redo": "Again", "skip": "Skip", "back": "Back", "hurts": "It hurts"}
"""Key of the guide -> what stands on its button."""
NAV = (
    *(("/", "Live"), ("/calibrate", "Calibrate"), ("/sessions", "Sessions")),
    *((past.PATH, "History"), ("/settings", "Settings")),
)


class Pages:
    """The table of paths over what runs, the recordings and the settings."""

    def __init__(self, running: Running, addresses: Callable[[], list[str]], shared: str = "") -> None:
        """``shared``: a warning on every page where others on the network may look on, or ""."""
        self.running, self.addresses, self.shared = running, addresses, shared
        self.shelf = Shelf()
        self.library = Library(self.shelf)
        self._apart = Apart()
        self._catching_up = asyncio.Lock()
        loader = DictLoader({name: _read(name).decode() for name in TEMPLATES})
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        self._templates.filters["clock"] = clock

    def table(self) -> Table:
        """(method, path) -> what answers."""
        found: dict[tuple[str, str], Handler] = {(GET, f"/{name}"): _file(name) for name in FILES}
        found |= {(GET, path): getattr(self, f"_page_{title.lower()}") for path, title in NAV}
        found |= {
            (GET, "/replay"): self._page_replay,
            (GET, "/api/live"): self._live,
            (POST, "/api/begin"): self._begin,
            (POST, "/api/end"): self._end,
            (POST, "/api/press"): self._press,
            (GET, "/api/guide"): self._guide,
            (POST, "/api/calibrate"): self._calibrate,
            (POST, "/api/check"): self._check,
            (POST, "/api/step"): self._step,
            (GET, "/api/opened"): self._opened,
            (GET, "/api/span"): self._span,
            (GET, "/api/poses"): self._poses,
            (GET, "/history.csv"): self._csv,
            (GET, "/api/deletion"): self._deletion,
            (POST, "/api/delete"): self._delete,
            (POST, "/api/catch-up"): self._catch_up,
            (POST, "/api/setting"): self._setting,
            (POST, "/api/address"): self._address,
        }
        return found

    async def close(self) -> None:
        """Take away what was made for replay, end what works apart."""
        await self.library.close()
        self._apart.close()

    # --- Pages -------------------------------------------------------------------------

    def _page(self, template: str, title: str, **values: Any) -> Reply:
        given = {"nav": NAV, "title": title, "foot": safety.FOOT, "shared": self.shared} | values
        return page(self._templates.get_template(f"{template}.html").render(given))

    async def _page_live(self, request: Request) -> Reply:
        return self._page("live", "Live")

    async def _page_calibrate(self, request: Request) -> Reply:
        return self._page("calibrate", "Calibrate", picture=PICTURE, alone=ALONE)

    async def _page_sessions(self, request: Request) -> Reply:
        return self._page("sessions", "Sessions", recordings=await asyncio.to_thread(self.shelf.all))

    async def _page_replay(self, request: Request) -> Reply:
        return self._page("replay", "Sessions", name=request.query.get("name", ""))

    async def _page_settings(self, request: Request) -> Reply:
        groups = choices.groups()
        expert = next((name for name, _ in groups if name not in choices.FIRST), "")
        return self._page("settings", "Settings", groups=groups, expert=expert, words=safety.WORDS)

    # --- Live --------------------------------------------------------------------------

    async def _live(self, request: Request) -> Reply:
        after = request.number("after") if "after" in request.query else -math.inf
        return as_json(self.running.snapshot(after))

    async def _begin(self, request: Request) -> Reply:
        self.running.begin()
        return as_json({})

    async def _end(self, request: Request) -> Reply:
        await self.running.end()
        return as_json({"words": self.running.words})

    async def _press(self, request: Request) -> Reply:
        self.running.press(request.text("key"))
        return as_json({})

    # --- Calibration -------------------------------------------------------------------

    async def _guide(self, request: Request) -> Reply:
        now = self.running
        told = guidance(now.told) if now.told else None
        held = check(now.checked.held) if now.checked else None
        return as_json({"doing": now.doing, "words": now.words, "told": told, "held": held})

    async def _calibrate(self, request: Request) -> Reply:
        self.running.calibrate()
        return as_json({})

    async def _check(self, request: Request) -> Reply:
        self.running.check()
        return as_json({})

    async def _step(self, request: Request) -> Reply:
        key = request.text("key")
        if key == "quit":
            if self.running.doing not in (CALIBRATING, CHECKING):
                raise InputError("No calibration is running.")
            await self.running.end()
        else:
            self.running.step(key)
        return as_json({})

    # --- Recordings --------------------------------------------------------------------

    async def _opened(self, request: Request) -> Reply:
        return as_json(self.library.ask(request.query.get("name", "")))

    async def _span(self, request: Request) -> Reply:
        one = self.library.ready(request.query.get("name", ""))
        start, end, pixels = (request.number(name) for name in ("from", "to", "pixels"))
        return as_json(await asyncio.to_thread(one.span, start, end, int(min(pixels, 1e5))))

    async def _poses(self, request: Request) -> Reply:
        one = self.library.ready(request.query.get("name", ""))
        return as_json(await asyncio.to_thread(one.poses, request.number("from"), request.number("to")))

    # --- History -----------------------------------------------------------------------

    async def _page_history(self, request: Request) -> Reply:
        try:
            found = await self._apart.do(past.shown, past.Asked.of(request.query), date.today())
        except (HiphingeError, OSError) as e:
            found = {"view": None, "wearers": (), "heading": "History", "waiting": 0, "trouble": in_words(e)}
        return self._page("history", "History", **({"trouble": ""} | found))

    async def _csv(self, request: Request) -> Reply:
        text = await self._apart.do(past.csv, request.query.get("wearer", ""), date.today())
        return Reply(text, "text/csv; charset=utf-8", saved_as="hiphinge-days.csv")

    async def _deletion(self, request: Request) -> Reply:
        asked = past.Asked.of(request.query)
        return as_json(await self._apart.do(past.deletion, asked.of_day, asked.wearer or ""))

    async def _delete(self, request: Request) -> Reply:
        asked = past.Asked.of({name: request.text(name) for name in ("day", "wearer")})
        words, gone = await self._apart.do(past.delete, asked.of_day, asked.wearer or "", request.text("mark"))
        await self.library.forget(gone)
        return as_json({"words": words})

    async def _catch_up(self, request: Request) -> Reply:
        if self._catching_up.locked():
            raise InputError("That is under way already.")
        notes: list[str] = []
        async with self._catching_up:
            await books.catch_up(notes.append)
        return as_json({"notes": notes})

    # --- Settings ----------------------------------------------------------------------

    async def _setting(self, request: Request) -> Reply:
        found = choices.change(request.text("name"), request.text("value"))
        return as_json({**asdict(found), "changed": found.changed})

    async def _address(self, request: Request) -> Reply:
        return as_json({"addresses": self.addresses()})


def guidance(told: Guidance) -> dict[str, Any]:
    """What the guide says, as a page shows it."""
    worn = [s.site for s in told.sensors]
    spots = [{"number": NUMBERS[s], "name": NAMES[s], "how": HOW_TO_FIND[s]} for s in NUMBERS if s in worn]
    verdict = told.verdict and {"passed": told.verdict.passed, "words": buttons(told.verdict.words)}
    names = ("step", "site", "attempt", "number", "count", "say", "hint", "large", "problem", "done")
    plain = {name: getattr(told, name) for name in names}
    plain |= {name: buttons(plain[name]) for name in ("say", "hint", "problem")}
    return plain | {
        "title": TITLES[told.step],
        "progress": number(told.progress, 3),
        "verdict": verdict,
        "spots": spots,
    }


def buttons(words: str) -> str:
    """The guide's words with the names of the page's buttons: a phone has no keys.

    >>> buttons("press s if you are sure")
    'press Skip if you are sure'
    """
    return re.sub(r"\b(press) ([nrsbh])\b", lambda found: f"{found[1]} {BUTTONS[KEYS[found[2]]]}", words)


def check(held: holds.Held) -> dict[str, Any]:
    """How far the check is, as a page shows it; ``holds`` null: nobody can tell."""
    plain = {name: getattr(held, name) for name in ("done", "holds", "words", "hint")}
    left = held.remaining / holds.Params().stand
    return plain | {"remaining": number(held.remaining, 1), "progress": number(min(max(1.0 - left, 0.0), 1.0), 3)}


def clock(seconds: float | None) -> str:
    """Hours, minutes and seconds.

    >>> clock(3725.4), clock(65), clock(None)
    ('1:02:05', '1:05', '–')
    """
    if seconds is None:
        return "–"
    whole = int(seconds)
    hours = f"{whole // 3600}:" if whole >= 3600 else ""
    return f"{hours}{whole // 60 % 60:{'02d' if hours else 'd'}}:{whole % 60:02d}"


def _file(name: str) -> Handler:
    reply = Reply(_read(name), KINDS[name.rpartition(".")[2]])

    async def given(request: Request) -> Reply:
        return reply

    return given


def _read(name: str) -> bytes:
    return resources.files("hiphinge.apps.dashboard").joinpath("page", name).read_bytes()
