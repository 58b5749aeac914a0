"""Keys of a session, and a session in lines on a real terminal."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest

from hiphinge import settings
from hiphinge.apps.gym.screen import Gym
from hiphinge.apps.live.core import Live
from hiphinge.apps.live.glance import Glance
from hiphinge.apps.live.wishes import KEYS, Wishes
from hiphinge.blocks import Control
from hiphinge.monitor import Monitor, Params
from hiphinge.settings.safety import WORDING, Safety
from tests.apps.terminal import read
from tests.apps.test_status import Silent


def test_every_key_that_is_shown_does_what_it_says() -> None:
    async def pressed() -> tuple[dict[str, str], list[str]]:
        live = Live(Silent(), Monitor(Params()))
        wishes = Wishes(live, Glance(live.monitor))
        said = {key: wishes.press(key) for key in KEYS}
        assert wishes.press("x") == ""
        return said, [one.action for one in live.inbox.take() if isinstance(one, Control)]

    said, asked = asyncio.run(pressed())
    assert all(said.values())
    assert said["w"] == "Noted, though there was no cue yet."
    assert asked == ["set", "mark", "re-zero", "mute", "pause", "wrong", "marker"]


def test_all_keys_fit_eighty_columns() -> None:
    """The footer of textual: a blank, the key, a blank, its name, a blank."""
    assert sum(len(key) + len(name) + 3 for key, name in KEYS.items()) <= 80
    assert {binding[0] for binding in Gym.BINDINGS if isinstance(binding, tuple)} == set(KEYS)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal on Windows")
def test_a_session_in_lines_hears_keys() -> None:
    settings.save(Safety(WORDING))
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "hiphinge", "lift", "--source", "simulated", "--plain"]
    shown = b""
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as running:
        os.close(theirs)
        answers = {b"q end.": b"m", b"Marked.": b"q"}
        while piece := read(ours):
            for words, key in answers.items():
                if words in shown + piece and words not in shown:
                    os.write(ours, key)
            shown += piece
    os.close(ours)
    assert running.returncode == 0, shown.decode()
    assert b"\x1b[2J" not in shown  # no screen was drawn
    assert b"Ending: the sensors are told to stop" in shown
