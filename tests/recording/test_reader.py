"""What was written comes back; damage never changes a row, and is named."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.opcode import Opcode
from mcap.reader import NonSeekingReader, make_reader
from mcap.records import DataEnd
from mcap.stream_reader import StreamReader
from mcap.writer import Writer as McapWriter

from hiphinge.blocks import Control, Input, Link, Packet, Tick
from hiphinge.errors import NewerFormatError, RecordingError
from hiphinge.recording import Header, Recording, Writer, open_recording
from hiphinge.recording import header as header_room

SOON = st.integers(-(10**10), 10**10)
TEXT = st.text(max_size=5)
ANY_INPUT = st.one_of(
    st.builds(Packet, st.sampled_from(["upper_lumbar", "sacrum", "stranger"]), TEXT, SOON, st.binary(max_size=40)),
    st.builds(Control, SOON, TEXT, TEXT),
    st.builds(Link, SOON, TEXT, TEXT, TEXT),
    st.builds(Tick, SOON, st.none() | SOON, st.none() | st.integers(-50_000, 50_000), TEXT),
)


@contextmanager
def file_of(content: bytes = b"") -> Iterator[Path]:
    """Hypothesis and tmp_path do not go together: one folder for each example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.mcap"
        if content:
            path.write_bytes(content)
        yield path


def read(recording: Recording, span_s: float = 10.0) -> list[Input]:
    return [item for batch in recording.batches(span_s) for item in batch]


def chunk_spans(content: bytes) -> list[tuple[int, int]]:
    """First byte and end of every chunk in a good file."""
    spans, at = [], 8
    while content[at] != Opcode.DATA_END:
        end = at + 9 + int.from_bytes(content[at + 1 : at + 9], "little")
        if content[at] == Opcode.CHUNK:
            spans.append((at, end))
        at = end
    return spans


def is_part_of(part: Sequence[Input], whole: Sequence[Input]) -> bool:
    rest = iter(whole)
    return all(any(item == other for other in rest) for item in part)


# --- what was written comes back ---------------------------------------------------------


@given(st.lists(st.lists(ANY_INPUT, max_size=6), max_size=12), st.floats(0.01, 30.0), st.floats(0.0, 30.0))
def test_any_inputs_in_any_grouping_come_back(groups: list[list[Input]], flush_s: float, span_s: float) -> None:
    whole = [item for group in groups for item in group]
    header = Header("id", "", "", "", "", ())
    with file_of() as path:
        with Writer(path, header, flush_s=flush_s) as writer:
            for group in groups:
                writer.write(group)
        recording = open_recording(path)
        assert recording.header == header
        assert read(recording, span_s) == whole
        assert recording.damage == []
        assert recording.controls() == [item for item in whole if isinstance(item, Control)]


@given(st.lists(st.integers(0, 349), max_size=20))
def test_any_grouping_writes_the_same_bytes(
    recorded: bytes, header: Header, inputs: list[Input], cuts: list[int]
) -> None:
    edges = [0, *sorted(cuts), len(inputs)]
    with file_of() as path:
        with Writer(path, header) as writer:
            for a, b in pairwise(edges):
                writer.write(inputs[a:b])
        assert path.read_bytes() == recorded


@pytest.mark.parametrize(("span_s", "batches"), [(0.0, 13), (2.0, 5), (60.0, 1)])
def test_batches_span_what_is_asked_for(recorded: bytes, inputs: list[Input], span_s: float, batches: int) -> None:
    with file_of(recorded) as path:
        found = list(open_recording(path).batches(span_s))
    assert len(found) == batches
    assert [item for batch in found for item in batch] == inputs


def test_the_stock_library_reads_it(recorded: bytes, header: Header) -> None:
    with file_of(recorded) as path, path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        topics = [channel.topic for _, channel, _ in reader.iter_messages()]
        assert {a.name for a in reader.iter_attachments()} == {"header.json", "monitor.json", "calibration.json"}
        summary = reader.get_summary()
        assert summary is not None
        assert {c.metadata.get("site") for c in summary.channels.values()} > {s.site for s in header.sensors}
        file.seek(0)
        again = [channel.topic for _, channel, _ in NonSeekingReader(file, validate_crcs=True).iter_messages()]
    assert sorted(topics) == sorted(again)
    assert set(topics) == {"packets/upper_lumbar", "packets/sacrum", "packets/thigh_left", "clock", "control", "link"}


def test_channels_and_schema_are_repeated_before_later_chunks(recorded: bytes) -> None:
    """A tool that loses the first chunk still knows what the next ones mean."""
    start, end = chunk_spans(recorded)[0]
    with file_of(recorded[:start] + recorded[end:]) as path, path.open("rb") as file:
        names = []
        for found in StreamReader(file).records:
            if isinstance(found, DataEnd):
                break
            names.append(type(found).__name__)
    first = names.index("Message")
    assert names[:first].count("Channel") == 6
    assert "Schema" in names[:first]


# --- damage ------------------------------------------------------------------------------


@given(st.data())
@settings(max_examples=200)
def test_cut_at_any_byte_what_lies_before_is_read(recorded: bytes, inputs: list[Input], draw: st.DataObject) -> None:
    spans = chunk_spans(recorded)
    cut = draw.draw(st.integers(spans[0][0], len(recorded) - 1))
    with file_of(recorded[:cut]) as path:
        recording = open_recording(path)
        found = read(recording)
        assert found == inputs[: len(found)]
        assert recording.damage
        assert recording.controls() == [item for item in found if isinstance(item, Control)]
    whole_chunks = sum(end <= cut for _, end in spans)
    assert len(found) >= len(inputs) * (whole_chunks - 1) // len(spans)


@given(st.data())
@settings(max_examples=100)
def test_a_zeroed_tail_is_named(recorded: bytes, inputs: list[Input], draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(chunk_spans(recorded)[0][0], len(recorded) - 1))
    with file_of(recorded[:cut] + bytes(len(recorded) - cut)) as path:
        recording = open_recording(path)
        found = read(recording)
    assert found == inputs[: len(found)]
    assert recording.damage


@given(st.data())
@settings(max_examples=300)
def test_flipped_bits_never_make_a_wrong_row(recorded: bytes, inputs: list[Input], draw: st.DataObject) -> None:
    damaged = bytearray(recorded)
    for bit in draw.draw(st.lists(st.integers(64, 8 * len(recorded) - 1), min_size=1, max_size=40)):
        damaged[bit // 8] ^= 1 << bit % 8
    with file_of(bytes(damaged)) as path:
        try:
            recording = open_recording(path)
        except RecordingError:
            return  # every copy of the header was hit
        found = read(recording)
    assert is_part_of(found, inputs)
    assert found == inputs or recording.damage


def test_every_lost_chunk_is_named_with_its_place_and_cost(recorded: bytes, inputs: list[Input]) -> None:
    spans = chunk_spans(recorded)
    for k, (start, end) in enumerate(spans):
        damaged = bytearray(recorded)
        damaged[end - 1] ^= 0x10
        with file_of(bytes(damaged)) as path:
            recording = open_recording(path)
            found = read(recording)
        assert 0 < len(inputs) - len(found) < 40
        (text,) = recording.damage
        assert text.startswith(f"byte {start}: the chunk ")
        if k < len(spans) - 1:
            assert f"{len(inputs) - len(found)} inputs lost" in text
            assert recording.loss.inputs == len(inputs) - len(found)


def test_a_lost_stretch_in_the_middle_is_stepped_over(recorded: bytes, inputs: list[Input]) -> None:
    start, end = chunk_spans(recorded)[3][0] + 20, chunk_spans(recorded)[6][0] + 20
    with file_of(recorded[:start] + bytes(end - start) + recorded[end:]) as path:
        recording = open_recording(path)
        found = read(recording)
    assert is_part_of(found, inputs)
    assert found[-1] == inputs[-1]
    assert f"{len(inputs) - len(found)} inputs lost between" in recording.damage[0]


def test_a_header_that_is_lost_is_found_farther_on(recorded: bytes, header: Header, inputs: list[Input]) -> None:
    damaged = bytearray(recorded)
    for name in (b'"recording_id"', b'"grid"', b'"c1"'):
        damaged[recorded.index(name)] ^= 1
    with file_of(bytes(damaged)) as path:
        recording = open_recording(path)
        assert recording.header == header
        assert read(recording) == inputs
    assert len(recording.damage) == 3
    assert all("attachment" in text and "no input lost" in text for text in recording.damage)


def test_a_calibration_that_is_lost_in_all_copies_is_named(recorded: bytes, header: Header) -> None:
    with file_of(recorded.replace(b'"c1"', b'"c2"')) as path:
        recording = open_recording(path)
    assert recording.header == replace(header, calibration="")
    assert recording.damage == ["calibration.json: no copy of it can be read; it is left out"]


def test_chunks_that_come_twice_or_from_another_file_are_left_out(
    tmp_path: Path, recorded: bytes, header: Header, inputs: list[Input]
) -> None:
    with Writer(tmp_path / "other.mcap", replace(header, recording_id="other")) as writer:
        writer.write(inputs)
    other = (tmp_path / "other.mcap").read_bytes()
    (a, b), (c, d) = chunk_spans(recorded)[2], chunk_spans(other)[5]
    at = chunk_spans(recorded)[4][0]
    with file_of(recorded[:at] + recorded[a:b] + other[c:d] + recorded[at:]) as path:
        recording = open_recording(path)
        assert read(recording) == inputs
    twice, foreign = recording.damage[:2]
    assert "repeats inputs" in twice
    assert "another recording" in foreign


def test_an_index_that_is_damaged_costs_nothing(recorded: bytes, inputs: list[Input]) -> None:
    with file_of(recorded[:-20] + bytes(20)) as path:
        recording = open_recording(path)
        assert read(recording) == inputs
        assert recording.damage == [f"byte {len(recorded)}: the index at the end is damaged; no input lost"]
        assert recording.controls() == [item for item in inputs if isinstance(item, Control)]


def test_reading_twice_names_damage_once(recorded: bytes) -> None:
    with file_of(recorded[:-300]) as path:
        recording = open_recording(path)
        read(recording)
        once = recording.damage
        read(recording)
    assert recording.damage == once


# --- what is no recording of ours -----------------------------------------------------------


@pytest.mark.parametrize("content", [b"PK\x03\x04 and so on", b"\x89MCAP", b"x"])
def test_what_is_no_mcap_is_refused(content: bytes) -> None:
    with file_of(content) as path, pytest.raises(RecordingError, match="expected an MCAP recording"):
        open_recording(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mcap").touch()
    with pytest.raises(RecordingError, match="begins with nothing"):
        open_recording(tmp_path / "empty.mcap")


def test_a_foreign_mcap_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "robot.mcap").open("wb") as file:
        foreign = McapWriter(file)
        foreign.start()
        foreign.add_attachment(0, 0, "notes.txt", "text/plain", b"hello")
        channel = foreign.register_channel("/camera", "cdr", 0)
        foreign.add_message(channel, 0, b"picture", 0)
        foreign.finish()
    with pytest.raises(RecordingError, match=r"robot.mcap: .*without a header of hiphinge"):
        open_recording(tmp_path / "robot.mcap")


def test_a_newer_recording_is_refused(recorded: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(header_room, "FORMAT_VERSION", 0)
    with file_of(recorded) as path, pytest.raises(NewerFormatError, match=r"recording format 1 written by hiphinge"):
        open_recording(path)


def test_a_missing_file_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_recording(tmp_path / "no.mcap")
