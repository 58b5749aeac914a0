"""The commands in processes of their own, each with a home of its own; and recordings to try them on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hiphinge import simulate
from hiphinge.apps.simulate import header, write_recording

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Done:
    """What a command left behind in the terminal."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HIPHINGE_HOME of all commands here."""
    return tmp_path_factory.mktemp("commands") / "home"


@pytest.fixture(scope="session")
def hiphinge(home: Path) -> Run:
    """``hiphinge("info", file)``: a new interpreter, as a user starts it."""

    def run(*arguments: object) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "hiphinge", *map(str, arguments)],
            env={**os.environ, "HIPHINGE_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def warm(home: Path) -> Iterator[Run]:
    """The same in a process that is forked from one with all imports done: for the many failures."""
    command = [sys.executable, str(HERE / "warm.py")]
    environment = {"HIPHINGE_HOME": str(home)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def run(*arguments: object, folder: Path | None = None, largest_file: int | None = None) -> Done:
            call = {"arguments": [str(a) for a in arguments], "folder": str(folder or HERE)}
            server.stdin.write(json.dumps({**call, "environment": environment, "largest_file": largest_file}) + "\n")
            server.stdin.flush()
            return Done(*json.loads(server.stdout.readline()))

        yield run
        server.stdin.close()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration and a few lifts, two minutes."""
    lifts = [simulate.hinge(0.4), simulate.Stand(2.0), simulate.hinge(1.1), simulate.Stand(2.0), simulate.squat()]
    lifts += [simulate.Stand(2.0)]
    return written(tmp_path_factory.mktemp("recorded") / "lifts.mcap", [*simulate.calibration(), *lifts])


@pytest.fixture(scope="session")
def walking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute in which nobody stands still."""
    return written(tmp_path_factory.mktemp("recorded") / "walking.mcap", [simulate.Walk(30.0)])


@pytest.fixture(scope="session")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds on the back, never upright."""
    return written(tmp_path_factory.mktemp("recorded") / "lying.mcap", [simulate.Lie(20.0, "supine")])


def written(path: Path, movements: list[simulate.Movement]) -> Path:
    """As ``hiphinge simulate`` writes it."""
    played = simulate.wear(movements, seed=5)
    write_recording(played, header(played, path.stem), path)
    return path
