"""One owner a home; the others hear who it is and may ask it, only they."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hiphinge.apps import owner
from hiphinge.errors import HeldError
from hiphinge.settings import home

HOLDER = """
import asyncio, sys
from hiphinge.apps import owner

async def hold():
    end = asyncio.Event()
    def answer(question):
        if question["ask"] == "stop":
            end.set()
        return {"asked": question["ask"]}
    async with owner.answering(answer):
        print("ready", flush=True)
        await end.wait()

with owner.owning("desk"):
    asyncio.run(hold())
"""


@pytest.fixture
def holder() -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_is_told_who_holds_the_sensors(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(HeldError, match=r"desk is recording since \d\d:\d\d.*--take-over"), owner.owning("lift"):
        pass
    assert owner.owner()["what"] == "desk"


def test_it_answers_and_ends_when_asked(holder: subprocess.Popen[str]) -> None:
    assert owner.ask({"ask": "status"}) == {"asked": "status"}
    owner.take_over()
    assert owner.owner() is None
    with owner.owning("lift"):
        assert json.loads((home() / "owner.json").read_text())["what"] == "lift"
    assert not (home() / "owner.json").exists()


def test_whoever_only_looks_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hiphinge status` in the moment in which `lift` begins."""
    with owner.owning("lift"):  # makes the file
        pass
    looks = (home() / owner.LOCK).open("a+")
    assert owner.locked(looks)
    monkeypatch.setattr(owner.time, "sleep", lambda _: looks.close())
    with owner.owning("lift"):
        assert (owner.owner() or {})["what"] == "lift"


def test_a_killed_owner_holds_nothing(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    assert owner.owner() is None
    assert owner.ask({"ask": "status"}) is None
    with owner.owning("lift"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="no modes on Windows")
def test_card_and_socket_are_the_owners_alone(holder: subprocess.Popen[str]) -> None:
    card = owner.owner()
    for path in (home() / "owner.json", home() / "owner.lock", Path(card["path"])):
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0


def test_without_the_token_there_is_no_answer(holder: subprocess.Popen[str]) -> None:
    async def knock(line: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(owner.owner()["path"])
        writer.write(line)
        found = await reader.read()
        writer.close()
        return found

    for line in (b"{}\n", b'{"ask":"stop","token":"guess"}\n', b"[1]\n", b"\xff\xfe\n", b"GET / HTTP/1.0\r\n"):
        assert asyncio.run(knock(line)) == b""
    assert owner.ask({"ask": "status"}) == {"asked": "status"}


def test_an_owner_that_does_not_answer_is_left_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is closed: one left open is told of later, by whoever runs then."""
    monkeypatch.setattr(owner, "ASK_S", 2.0)  # the question is asked within it also on a busy machine
    left: list[bytes] = []

    async def story() -> dict[str, object] | None:
        over = asyncio.Event()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            left.append(await reader.read())
            writer.close()
            over.set()

        with owner.owning("lift"):
            server = await asyncio.start_unix_server(mute, home() / "mute.sock")
            async with server:
                card = {**(owner.owner() or {}), "path": str(home() / "mute.sock"), "token": "t"}
                (home() / owner.CARD).write_text(json.dumps(card))
                answer = await owner._ask({"ask": "status"})
                await asyncio.wait_for(over.wait(), 60)
        return answer

    assert asyncio.run(story()) is None
    assert json.loads(left[0]) == {"ask": "status", "token": "t"}
