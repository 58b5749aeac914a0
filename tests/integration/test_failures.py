"""What goes wrong: one clear sentence, the right exit code, and nothing half-written under the final name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from mcap.writer import Writer as ForeignWriter

from hiphinge.recording import FORMAT_VERSION, Writer, open_recording
from tests.integration.conftest import Done, Run

HEADER = "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n"


def sentence(done: Done, *words: str) -> None:
    """Exit 1; one line on stderr with these words, no traceback, nothing on stdout."""
    assert "Traceback" not in done.err, done.err
    assert (done.code, done.out) == (1, "")
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert [word for word in words if word not in lines[0]] == [], lines[0]


def files(folder: Path) -> set[Path]:
    """Everything in it, hidden ones too."""
    return set(folder.rglob("*"))


# --- Recordings that are none -------------------------------------------------------------


def readers(file: Path, folder: Path) -> dict[str, tuple[object, ...]]:
    """Every command that reads a recording."""
    return {
        "info": ("info", file),
        "analyze": ("analyze", file, "-o", folder / "out"),
        "replay": ("replay", file),
        "what if": ("replay", file, "--set", "rounding.on_share=0.7"),
        "export": ("export", "csv", file, "-o", folder / "out"),
        "repair": ("repair", file, "-o", folder / "out.mcap"),
    }


@pytest.mark.parametrize("command", readers(Path(), Path()))
@pytest.mark.parametrize("kind", ["missing", "foreign", "other mcap", "beheaded", "newer"])
def test_no_recording(warm: Run, recording: Path, tmp_path: Path, kind: str, command: str) -> None:
    file = tmp_path / "monday.mcap"
    words = {
        "missing": "no such file",
        "foreign": "expected an MCAP recording",
        "other mcap": "a header of hiphinge",
        "beheaded": "a header of hiphinge",
        "newer": f"recording format {FORMAT_VERSION + 1}",
    }
    if kind == "foreign":
        file.write_text("t_s,acc_x\n")
    elif kind == "other mcap":
        with file.open("wb") as stream:
            writer = ForeignWriter(stream)
            writer.start()
            writer.finish()
    elif kind == "beheaded":
        file.write_bytes(recording.read_bytes()[:100])
    elif kind == "newer":
        with Writer(file, replace(open_recording(recording).header, format_version=FORMAT_VERSION + 1)):
            pass
    before = files(tmp_path)
    sentence(warm(*readers(file, tmp_path)[command]), "monday.mcap", words[kind])
    assert files(tmp_path) == before


def test_a_truncated_recording_is_analyzed_as_far_as_it_goes(warm: Run, recording: Path, tmp_path: Path) -> None:
    """And said so: by info, in the summary, on stderr of replay."""
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(recording.read_bytes()[: recording.stat().st_size * 9 // 10])
    done = warm("analyze", cut, "-o", tmp_path / "out")
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert '"damage": []' not in (tmp_path / "out" / "summary.json").read_text()
    replayed = warm("replay", cut)
    assert (replayed.code, "cut.mcap: " in replayed.err) == (0, True)
    assert "hiphinge repair" in warm("info", cut).out


def imported(warm: Run, recording: Path, folder: Path) -> Path:
    """The same through a folder of CSV files, without markers."""
    assert warm("export", "csv", recording, "-o", folder / "csv").code == 0
    (folder / "csv" / "markers.csv").unlink(missing_ok=True)
    assert warm("import", "csv", folder / "csv", "-o", folder / "in.mcap").code == 0
    return folder / "in.mcap"


def test_no_standing_phase(warm: Run, lying: Path, tmp_path: Path) -> None:
    """Nothing can be said."""
    file = imported(warm, lying, tmp_path)
    before = files(tmp_path)
    sentence(warm("analyze", file, "-o", tmp_path / "out"), "standing", "Stand still")
    assert files(tmp_path) == before


def test_what_needs_no_standing_phase_is_told_without(warm: Run, walking: Path, tmp_path: Path) -> None:
    """Walking is known by its steps; every angle is empty, and the summary says why."""
    done = warm("analyze", imported(warm, walking, tmp_path), "-o", tmp_path / "out", "--no-report", "--json")
    assert (done.code, done.err) == (0, "")
    summary = json.loads(done.out)
    assert "Stand still" in summary["calibration"]["verdict"]
    assert set(summary["quality"]["nan_pct"].values()) == {100.0}
    assert ",walking," in (tmp_path / "out" / "bouts.csv").read_text()


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("sacrun.csv", HEADER + "0,0,9.8,0,0,0,0\n", "sacrun.csv"),
        ("sacrum.csv", HEADER, "sacrum.csv"),
        ("sacrum.csv", "", "sacrum.csv"),
        (None, "", "no"),
    ],
    ids=["unknown site", "no rows", "empty file", "empty folder"],
)
def test_a_folder_that_is_no_session(warm: Run, tmp_path: Path, name: str | None, content: str, word: str) -> None:
    (tmp_path / "session").mkdir()
    if name:
        (tmp_path / "session" / name).write_text(content)
    before = files(tmp_path)
    sentence(warm("import", "csv", tmp_path / "session", "-o", tmp_path / "a.mcap"), word)
    assert files(tmp_path) == before


# --- Places where nothing can be written --------------------------------------------------


Write = Callable[..., Done]


def writers(recording: Path, csv: Path, folder: Path, file: Path) -> dict[str, tuple[object, ...]]:
    """Every command that writes: to a file, or into a folder."""
    return {
        "simulate": ("simulate", "calibration-only", "-o", file),
        "import": ("import", "csv", csv, "-o", file),
        "repair": ("repair", recording, "-o", file),
        "export": ("export", "csv", recording, "-o", folder),
        "analyze": ("analyze", recording, "-o", folder),
    }


TO_A_FILE, TO_A_FOLDER = ("simulate", "import", "repair"), ("export", "analyze")


@pytest.fixture(scope="module")
def csv(warm: Run, recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording as a session folder."""
    folder = tmp_path_factory.mktemp("exported") / "csv"
    assert warm("export", "csv", recording, "-o", folder).code == 0
    return folder


@pytest.fixture
def write(warm: Run, recording: Path, csv: Path) -> Write:
    """``write("import", place)``: that command, with ``-o place/out.mcap``, or ``place/out`` if it makes a folder."""

    def run(command: str, into: Path, **limits: int) -> Done:
        return warm(*writers(recording, csv, into / "out", into / "out.mcap")[command], **limits)

    return run


@pytest.mark.parametrize("command", TO_A_FILE)
def test_into_a_folder_that_is_not_there(write: Write, tmp_path: Path, command: str) -> None:
    sentence(write(command, tmp_path / "missing"), "missing", "Create it first")
    assert files(tmp_path) == set()


@pytest.mark.parametrize("command", TO_A_FILE + TO_A_FOLDER)
def test_into_a_folder_that_is_read_only(write: Write, tmp_path: Path, command: str) -> None:
    """Modes do not stop root; the kernel's own folder does."""
    folder = Path("/sys") if os.geteuid() == 0 else tmp_path / "locked"
    if folder != Path("/sys"):
        folder.mkdir(0o500)
    sentence(write(command, folder), f"{folder}/")


@pytest.mark.parametrize("largest_file", [2_000, 60_000], ids=["at once", "on the way"])
@pytest.mark.parametrize("command", TO_A_FILE + TO_A_FOLDER)
def test_onto_a_full_disk(write: Write, tmp_path: Path, command: str, largest_file: int) -> None:
    """The system refuses to let any file grow."""
    sentence(write(command, tmp_path, largest_file=largest_file), "too large")
    assert files(tmp_path) == set()


@pytest.mark.parametrize("command", TO_A_FILE + TO_A_FOLDER)
def test_a_full_disk_leaves_what_was_there(write: Write, tmp_path: Path, command: str) -> None:
    (tmp_path / "out").mkdir()
    names = ("out.mcap", "out.truth.parquet", "out/angles.parquet", "out/summary.json", "out/sacrum.csv")
    for name in names:
        (tmp_path / name).write_text("before")
    before = files(tmp_path)
    sentence(write(command, tmp_path, largest_file=60_000), "too large")
    assert files(tmp_path) == before
    assert {(tmp_path / name).read_text() for name in names} == {"before"}


@pytest.mark.parametrize("command", TO_A_FILE)
def test_a_folder_under_the_name_of_the_file(write: Write, tmp_path: Path, command: str) -> None:
    (tmp_path / "out.mcap").mkdir()
    sentence(write(command, tmp_path), "out.mcap", "not a plain file")
    assert files(tmp_path) == {tmp_path / "out.mcap"}


@pytest.mark.parametrize("command", TO_A_FOLDER)
def test_a_file_under_the_name_of_the_folder(write: Write, tmp_path: Path, command: str) -> None:
    (tmp_path / "out").write_text("mine")
    sentence(write(command, tmp_path), "out", "expected a folder")
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("command", TO_A_FILE + TO_A_FOLDER)
def test_a_device_under_the_name(warm: Run, recording: Path, csv: Path, command: str) -> None:
    device = Path("/dev/full")
    sentence(warm(*writers(recording, csv, device, device)[command]), "/dev/full")


@pytest.mark.parametrize("name", ["summary.json", "angles.parquet", "reps.csv"])
def test_a_folder_under_the_name_of_a_table(warm: Run, recording: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    sentence(warm("analyze", recording, "-o", tmp_path), name)


# --- Exit 2: unknown options and values ---------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("info",),
        ("analyze", "a.mcap"),
        ("analyze", "FILE", "-o", "OUT", "--set", "rounding.on_shar=0.7"),
        ("analyze", "FILE", "-o", "OUT", "--set", "rounding.on_share=many"),
        ("replay", "FILE", "--set", "rounding.on_share"),
        ("replay", "FILE", "--set", "nothing.here=1"),
        ("replay", "FILE", "--speed", "-1"),
        ("replay", "FILE", "--speed", "fast"),
        ("simulate", "workout", "--sites", "knee", "-o", "OUT"),
        ("simulate", "marathon", "-o", "OUT"),
        ("import", "xsens", "FILE", "-o", "OUT"),
    ],
    ids=" ".join,
)
def test_unknown_options_and_values_exit_2(
    warm: Run, recording: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    places = {"FILE": recording, "OUT": tmp_path / "out"}
    done = warm(*(places.get(a, a) for a in arguments), folder=tmp_path)
    assert (done.code, done.out, "Traceback" in done.err) == (2, "", False), done.err
    assert done.err
    assert files(tmp_path) == set()


def test_a_pipe_that_nobody_reads_ends_it_quietly(recording: Path, home: Path) -> None:
    """`hiphinge info FILE | true`."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "hiphinge", "info", str(recording)],
        env={**os.environ, "HIPHINGE_HOME": str(home)},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")
