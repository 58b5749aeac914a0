"""What a page gets of a recording: no peak is lost, no gap is bridged, and it stays small however long the day."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hiphinge.apps.dashboard.reading import ABOUT, COARSE, ROWS, TIMES, WIDTH, coarse
from hiphinge.apps.dashboard.replaying import LONGEST_POSES_S, MOST_READY, POSE_HZ, Library, Ready
from hiphinge.apps.dashboard.shelf import Shelf
from hiphinge.apps.live import keeping
from hiphinge.errors import InputError

DAY = 2_900_000
PEAK_AT, GAP = 1_234_567, slice(2_000_000, 2_010_000)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Ready:
    """A day at 100 Hz with one instant of 99° and a gap."""
    folder = tmp_path_factory.mktemp("day")
    t = 5.0 + np.arange(DAY) / 100
    rows = np.zeros((DAY, WIDTH), np.float32)
    rows[:, 1] = 20.0 * np.sin(t / 60)
    rows[PEAK_AT, 0] = 99.0
    rows[GAP] = np.nan
    t.astype("<f8").tofile(folder / TIMES)
    rows.tofile(folder / ROWS)
    coarse(rows).tofile(folder / COARSE)
    (folder / ABOUT).write_text("{}")
    return Ready(folder)


@pytest.mark.parametrize("seconds", [20.0, 600.0, 7200.0, DAY / 100])
@pytest.mark.parametrize("pixels", [300, 1400])
def test_a_piece_has_its_peak_and_is_small(day: Ready, seconds: float, pixels: int) -> None:
    start = min(max(5.0 + PEAK_AT / 100 - seconds / 3, 5.0), 5.0 + DAY / 100 - seconds)
    found = day.span(start, start + seconds, pixels)
    assert len(found["t"]) <= pixels
    assert max(x for x in found["back"][1] if x is not None) == 99.0
    assert len(json.dumps(found)) < 60 * pixels
    assert found["t"] == sorted(found["t"])


def test_fine_pieces_are_what_the_rows_hold(day: Ready) -> None:
    found = day.span(100.0, 130.0, 250)
    inside = day.rows[(day.t >= 100.0) & (day.t < 130.0), 1]
    assert min(found["hip"][0]) == pytest.approx(inside.min(), abs=0.06)
    assert max(found["hip"][1]) == pytest.approx(inside.max(), abs=0.06)


def test_a_gap_stays_one(day: Ready) -> None:
    t = 5.0 + GAP.start / 100
    assert set(day.span(t + 1, t + 60, 500)["back"][0]) == {None}
    unknown = [x is None for x in day.span(0.0, 1e9, 1400)["back"][0]]
    seconds_a_pixel = DAY / 100 / 1400
    assert sum(unknown) == pytest.approx(100 / seconds_a_pixel, abs=1.5)


def test_nothing_is_given_of_nothing(day: Ready) -> None:
    assert day.span(-10.0, 0.0, 100)["t"] == []
    assert day.poses(9.0, 8.0) == []


def test_poses_are_few(day: Ready) -> None:
    found = day.poses(10.0, 1e9)
    assert len(found) == pytest.approx(LONGEST_POSES_S * POSE_HZ, abs=2)
    assert np.diff([row[0] for row in found]).min() > 0


def test_the_shelf_knows_its_own_names_only() -> None:
    file = keeping.recordings() / "a.mcap"
    file.write_bytes(b"nothing")
    (keeping.recordings().parent / "settings.toml").write_text("")
    shelf = Shelf()
    assert shelf.path("a.mcap") == file
    assert "expected an MCAP recording" in shelf.all()[0].trouble
    for name in ("../settings.toml", "a", "", "/etc/passwd", "b.mcap", str(Path(file))):
        with pytest.raises(InputError, match="not among the recordings"):
            shelf.path(name)


@pytest.fixture
def reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What reads recordings is a script instead; its folder is $1."""

    def instead(script: str) -> None:
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\nshift 3\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    for name in "abcd":
        (keeping.recordings() / f"{name}.mcap").write_bytes(b"nothing")
    return instead


@pytest.mark.skipif(sys.platform == "win32", reason="shell: this system has another")
@pytest.mark.parametrize("script", ["exit 1", f"cd $1; touch {TIMES} {ROWS} {COARSE}; echo '{{}}' > {ABOUT}"])
def test_pages_that_were_left_hold_nobody_up(reading: Callable[[str], None], script: str) -> None:
    """Nobody asks any more how far they are; what is whole is kept, what failed begins anew when it is asked for."""
    reading(script)

    async def story() -> None:
        library = Library(Shelf())
        names = [f"{name}.mcap" for name in "abcd"]
        for name in names[:MOST_READY]:
            library.ask(name)
        with pytest.raises(InputError, match="Wait for them"):
            library.ask(names[-1])
        await asyncio.wait([one.task for one in library._opening.values()])
        assert not library.ask(names[-1])["ready"]
        assert list(library._opening) == names[-1:]
        assert list(library._ready) == ([] if script == "exit 1" else names[:MOST_READY])
        await library.close()

    asyncio.run(story())


@pytest.mark.skipif(sys.platform == "win32", reason="shell: this system has another")
@pytest.mark.parametrize("end", [Library.close, lambda library: library.forget(["a.mcap"])])
def test_given_up_nothing_of_it_is_left(reading: Callable[[str], None], end: Callable) -> None:
    """Neither its process nor its folder, into which that might write on."""
    reading("echo $$ > $1/pid; echo 0; echo 5; exec sleep 600")

    async def story() -> None:
        library = Library(Shelf())
        library.ask("a.mcap")
        opening = library._opening["a.mcap"]
        while opening.at < 5.0:
            await asyncio.sleep(0.01)
        pid = int((opening.folder / "pid").read_text())
        await end(library)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert not opening.folder.exists()
        await library.close()

    asyncio.run(story())
