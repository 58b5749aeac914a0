"""Nothing that was written is lost; a disk that fails says so once, in words."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from mcap.reader import make_reader

from hiphinge.blocks import SITES, Control, Input, Packet, Tick
from hiphinge.errors import RecordingError
from hiphinge.recording import Header, Recording, Writer, log, open_recording

BOTH = pytest.mark.parametrize("threaded", [False, True])
EMPTY = Header("id", "", "", "", "", ())


def read(recording: Recording) -> list[Input]:
    return [item for batch in recording.batches() for item in batch]


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@BOTH
def test_close_leaves_nothing_behind(tmp_path: Path, header: Header, inputs: list[Input], threaded: bool) -> None:
    with Writer(tmp_path / "day.mcap", header, threaded=threaded) as writer:
        for item in inputs:
            writer.write([item])
    recording = open_recording(tmp_path / "day.mcap")
    assert read(recording) == inputs
    assert recording.damage == []


@BOTH
def test_a_file_is_for_its_owner_only(tmp_path: Path, header: Header, threaded: bool) -> None:
    with Writer(tmp_path / "day.mcap", header, threaded=threaded):
        assert (tmp_path / "day.mcap").stat().st_mode & 0o777 == 0o600


def test_a_recording_is_never_written_over(tmp_path: Path, header: Header, recorded: bytes) -> None:
    path = tmp_path / "day.mcap"
    path.write_bytes(recorded)
    with pytest.raises(RecordingError, match="there is a file already"):
        Writer(path, header)
    assert path.read_bytes() == recorded


def test_an_empty_file_that_waits_is_used(tmp_path: Path, header: Header) -> None:
    path = tmp_path / "day.mcap"
    path.touch(0o644)
    Writer(path, header).close()
    assert open_recording(path).header == header
    assert path.stat().st_mode & 0o777 == 0o600


def test_before_the_first_flush_the_header_is_on_the_disk(tmp_path: Path, header: Header) -> None:
    writer = Writer(tmp_path / "day.mcap", header)
    assert open_recording(tmp_path / "day.mcap").header == header
    writer.close()


def test_without_a_thread_less_than_flush_s_of_recorded_time_waits(tmp_path: Path, inputs: list[Input]) -> None:
    writer = Writer(tmp_path / "day.mcap", EMPTY, flush_s=1.0)
    for k, item in enumerate(inputs, 1):
        writer.write([item])
        if k % 50 == 0:
            found = read(open_recording(tmp_path / "day.mcap"))
            assert found == inputs[: len(found)]
            assert item.arrival_ns - (found[-1].arrival_ns if found else 0) <= 1e9
    writer.close()


def test_with_a_thread_what_waits_goes_to_the_disk_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Semaphore(0)
    monkeypatch.setattr(log.os, "fsync", lambda _: synced.release())
    writer = Writer(tmp_path / "day.mcap", EMPTY, flush_s=0.05, threaded=True)
    synced.acquire()  # the file
    synced.acquire()  # its folder
    writer.write([Control(0, "mute")])
    assert synced.acquire(timeout=30)
    assert read(open_recording(tmp_path / "day.mcap")) == [Control(0, "mute")]
    writer.close()


def test_with_a_thread_the_caller_never_waits_for_the_disk(
    tmp_path: Path, inputs: list[Input], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Writer(tmp_path / "day.mcap", EMPTY, flush_s=1e-9, threaded=True)
    disk = threading.Event()
    monkeypatch.setattr(log.os, "fsync", lambda _: disk.wait())
    for item in inputs:
        writer.write([item])  # would never return if it waited
    disk.set()
    writer.close()
    assert read(open_recording(tmp_path / "day.mcap")) == inputs


@BOTH
def test_a_full_disk_is_told_once_and_keeps_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threaded: bool
) -> None:
    path = tmp_path / "day.mcap"
    writer = Writer(path, EMPTY, threaded=threaded, flush_s=1e-9)
    writer.write([Tick(0), Tick(10)])
    monkeypatch.setattr(log.os, "fsync", full)
    with pytest.raises(RecordingError, match=r"day.mcap: no space left on device, expected room") as e:
        write_until_it_is_told(writer)
    assert isinstance(e.value.__cause__, OSError)
    writer.write([Tick(10**6)])
    writer.close()
    found = read(open_recording(path))
    assert found
    assert found == [Tick(10 * k) for k in range(len(found))]


def write_until_it_is_told(writer: Writer) -> None:
    for k in range(2, 1000):
        writer.write([Tick(10 * k)])
        if writer._thread.is_alive():  # the thread meets the full disk at the end of this chunk
            writer._thread.join(timeout=0.05)


@BOTH
def test_a_callback_hears_of_a_full_disk_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threaded: bool
) -> None:
    heard: list[RecordingError] = []
    writer = Writer(tmp_path / "day.mcap", EMPTY, threaded=threaded, flush_s=1e-9, on_failure=heard.append)
    monkeypatch.setattr(log.os, "fsync", full)
    for k in range(100):
        writer.write([Tick(10 * k)])
    writer.close()
    assert len(heard) == 1


def test_a_disk_that_fills_at_close_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(tmp_path / "day.mcap", EMPTY)
    writer.write([Control(0, "mute")])
    monkeypatch.setattr(log.os, "fsync", full)
    with pytest.raises(RecordingError, match="no space"):
        writer.close()
    writer.close()


def test_a_disk_that_cannot_follow_is_told_and_what_waits_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hiphinge.recording.writer.QUEUE_WRITES", 3)
    writer = Writer(tmp_path / "day.mcap", EMPTY, flush_s=1e-9, threaded=True)
    disk = threading.Event()
    monkeypatch.setattr(log.os, "fsync", lambda _: disk.wait())
    with pytest.raises(RecordingError, match="the disk is too slow, 3 writes wait"):
        write_until_it_is_told(writer)
    disk.set()
    writer.close()
    found = read(open_recording(tmp_path / "day.mcap"))
    assert len(found) >= 3
    assert found == [Tick(10 * k) for k in range(2, 2 + len(found))]


def test_a_disk_that_is_full_from_the_start_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Writer(tmp_path / "day.mcap", EMPTY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "item", [Tick(2**63), Tick(0, 2**63), Tick(0, 0, 2**31), Packet("s", "data", 0, bytes(2**24 + 1))]
)
def test_what_the_layout_cannot_hold_is_refused_at_once(tmp_path: Path, item: Input) -> None:
    with Writer(tmp_path / "day.mcap", EMPTY) as writer:
        with pytest.raises(ValueError, match="Writer: "):
            writer.write([Tick(0), item])
        writer.write([Tick(1)])
    assert read(open_recording(tmp_path / "day.mcap")) == [Tick(1)]


def test_a_closed_recording_takes_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "day.mcap", EMPTY)
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write([Tick(0)])


@pytest.mark.parametrize("flush_s", [0.0, -1.0, float("nan")])
def test_flush_s_is_checked(tmp_path: Path, flush_s: float) -> None:
    with pytest.raises(ValueError, match="flush_s"):
        Writer(tmp_path / "day.mcap", EMPTY, flush_s=flush_s)


FILL = """
import resource, sys
from hiphinge.blocks import Tick
from hiphinge.errors import RecordingError
from hiphinge.recording import Header, Writer
writer = Writer(sys.argv[1], Header("id", "", "", "", "", ()), threaded=sys.argv[2] == "True")
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    for k in range(0, 100_000, 100):
        writer.write([Tick(n * 10_000_000, None, None, f"{n * n * 7919:x}") for n in range(k, k + 100)])
    writer.close()
except RecordingError as e:
    print(e)
"""


@BOTH
def test_a_real_limit_of_the_system_ends_it_in_one_sentence(tmp_path: Path, threaded: bool) -> None:
    path = tmp_path / "day.mcap"
    done = subprocess.run([sys.executable, "-c", FILL, path, str(threaded)], capture_output=True, text=True, check=True)
    assert "file too large, expected room" in done.stdout
    assert done.stderr == ""
    found = read(open_recording(path))
    assert len(found) > 100
    assert [item.arrival_ns for item in found] == [k * 10_000_000 for k in range(len(found))]


KILL = """
import sys
from hiphinge.blocks import Tick
from hiphinge.recording import Header, Writer
writer = Writer(sys.argv[1], Header("id", "", "", "", "", ()))
for k in range(10**9):
    writer.write([Tick(k * 10_000_000)])
    print(k, flush=True)
"""


@pytest.mark.parametrize("after", [3, 100, 357])
def test_kill_9_costs_less_than_flush_s(tmp_path: Path, after: int) -> None:
    path = tmp_path / "day.mcap"
    with subprocess.Popen([sys.executable, "-c", KILL, path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(after):
            child.stdout.readline()
        child.kill()
        written = after + len(child.stdout.readlines())
    recording = open_recording(path)
    found = read(recording)
    assert found == [Tick(k * 10_000_000) for k in range(len(found))]
    assert written - len(found) <= 100
    assert recording.damage


def test_a_chunk_costs_little_memory(tmp_path: Path) -> None:
    """A day has 38 000 chunks, whose index is written at the end; 600 bytes each were 22 MB."""
    wanted = [Packet(site, "data", 10**9 * s, b"x") for s in range(1200) for site in SITES]
    writer = Writer(tmp_path / "day.mcap", EMPTY)
    tracemalloc.start()
    writer.write(wanted)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    writer.close()
    assert grown < 1200 * 250
    with open(tmp_path / "day.mcap", "rb") as file:
        reader, at = make_reader(file, validate_crcs=True), 700 * 10**9
        assert len(reader.get_summary().chunk_indexes) == 1200
        messages = reader.iter_messages("packets/sacrum", starting_at=at, ending_before=at + 10**10)
        assert [m.log_time for _, _, m in messages] == [10**9 * s for s in range(700, 710)]
