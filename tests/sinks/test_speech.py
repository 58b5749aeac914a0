"""A real command on the PATH speaks: here it writes down what it should say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hiphinge.errors import SinkError
from hiphinge.settings import feedback
from hiphinge.sinks import Delivery, Speech
from tests.sinks.cues import MESSAGE, Told, cue

SHELL = "#!/bin/sh\n"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def speaker(path: Path, name: str, script: str) -> None:
    command = path / name
    command.write_text(SHELL + script)
    command.chmod(0o755)


def test_it_speaks_with_the_best_there_is(path: Path, tmp_path: Path) -> None:
    speaker(path, "espeak", "exit 1")
    speaker(path, "spd-say", f'echo "$1|$2" >> {tmp_path}/said')
    with Delivery([Speech(feedback.Speech())], told := Told()) as delivery:
        delivery.offer(cue())
        delivery.close(10)
    assert (tmp_path / "said").read_text() == f"--wait|{MESSAGE}\n"
    assert told.all() == []


def test_no_message_is_an_option(path: Path, tmp_path: Path) -> None:
    speaker(path, "say", f'echo "$@" >> {tmp_path}/said')
    sink = Speech(feedback.Speech())
    sink.open()
    sink.deliver(cue(message="--file /etc/passwd; rm -r"))
    assert (tmp_path / "said").read_text() == "file /etc/passwd; rm -r\n"


def test_nobody_there_is_one_sentence(path: Path) -> None:
    assert Speech(feedback.Speech()).check() == (
        "speech: no speaker was found, expected one of spd-say, say, espeak-ng, espeak. "
        "Install one; until then no words."
    )


@pytest.mark.parametrize("script", ["echo page of errors >&2; exit 3", "kill $$"])
def test_a_speaker_that_fails_says_how_to_try_it(path: Path, script: str, capfd: pytest.CaptureFixture[str]) -> None:
    speaker(path, "say", script)
    sink = Speech(feedback.Speech())
    assert sink.check() == "speech: ready, with say."
    sink.open()
    with pytest.raises(SinkError, match=r"say did not speak, expected it to\. Try it in a terminal: say hello"):
        sink.deliver(cue())
    assert capfd.readouterr() == ("", "")
