r"""``secrets.toml``: addresses to send to, which are credentials. Read here; shown, logged and recorded nowhere.

The file, for its owner only (0600)::

    [push]
    urls = ["ntfy://a-topic-that-nobody-guesses", "tgram://token/chat"]

    [home_assistant]
    broker = "mqtt://name:password@host"      # mqtts://… where it speaks TLS

Nothing of its content is in any error here, not even in an error's cause: that is why
errors are raised outside of ``except``.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiphinge.errors import SettingsError
from hiphinge.settings.places import settings_file

SECRETS = "secrets.toml"
KNOWN = {"push": "urls", "home_assistant": "broker"}
"""Table -> its only key."""
_PLACE = re.compile(r"at (line \d+|end of document)")


class Secret:
    """A text that no ``repr``, ``str`` or log shows; :meth:`reveal` gives it to who has to use it.

    >>> Secret("ntfy://my-topic")
    Secret(hidden)
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


@dataclass(frozen=True, slots=True)
class Secrets:
    """What secrets.toml holds; ``push``: addresses as apprise understands them; ``broker`` of Home Assistant."""

    push: tuple[Secret, ...] = ()
    broker: Secret | None = None


def secrets_file(folder: Path | None = None) -> Path:
    """``secrets.toml``, beside settings.toml."""
    return settings_file(folder).with_name(SECRETS)


def load_secrets(folder: Path | None = None) -> Secrets:
    """The secrets; none where there is no file.

    SettingsError: others may read it, it is no TOML, or it holds something else.
    """
    path = secrets_file(folder)
    if not path.exists():
        return Secrets()
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{path}: others may read it, expected its owner alone. Run: chmod 600 {path}")
    tree, place = _parsed(path.read_bytes())
    if tree is None:
        raise SettingsError(f"{path}: no TOML {place}, expected [push] and urls. Correct that place.")
    _known(tree, path)
    broker = _broker(tree, path)
    return Secrets(tuple(Secret(url) for url in _urls(tree, path)), Secret(broker) if broker else None)


def _parsed(content: bytes) -> tuple[dict[str, Any] | None, str]:
    """The tree, and where it is wrong: the line alone, as the parser quotes what it found."""
    try:
        return tomllib.loads(content.decode("utf-8")), ""
    except (ValueError, RecursionError) as e:  # TOMLDecodeError, UnicodeDecodeError
        place = _PLACE.search(str(e))
        return None, place[0] if place else "in UTF-8"


def _known(tree: dict[str, Any], path: Path) -> None:
    tables = [tree.get(table, {}) for table in KNOWN]
    known = all(isinstance(t, dict) and not t.keys() - {key} for t, key in zip(tables, KNOWN.values(), strict=True))
    if tree.keys() - KNOWN.keys() or not known:
        raise SettingsError(
            f"{path}: other names than urls in [push] and broker in [home_assistant], expected these alone. Leave the "
            "others out."
        )


def _urls(tree: dict[str, Any], path: Path) -> list[str]:
    urls = tree.get("push", {}).get("urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) and url.strip() for url in urls):
        raise SettingsError(f'{path}: urls in [push], expected a list of texts. Write it like urls = ["…", "…"].')
    return urls


def _broker(tree: dict[str, Any], path: Path) -> str:
    broker = tree.get("home_assistant", {}).get("broker", "")
    if not isinstance(broker, str):
        raise SettingsError(f'{path}: broker in [home_assistant], expected a text. Write it like broker = "mqtt://…".')
    return broker.strip()
