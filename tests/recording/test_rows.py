"""Inputs of a chunk in their order: packets in runs are the same packets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Control, Fed, Input, Link, Packet, PacketRun, Tick
from hiphinge.recording import Header, Recording, Writer, open_recording
from hiphinge.recording.layout import Message, encode, take_apart
from hiphinge.recording.rows import in_runs, singly

NS = st.integers(-(10**10), 10**10)
INPUTS = st.lists(
    st.one_of(
        st.builds(Packet, st.sampled_from("ab"), st.sampled_from(["data", "data", "data", "time"]), NS, st.binary()),
        st.builds(Packet, st.just("c"), st.just("data"), NS, st.binary(max_size=3)),
        st.builds(Tick, NS),
        st.builds(Control, NS, st.just("mute")),
        st.builds(Link, NS, st.sampled_from("ab"), st.just("lost")),
    ),
    max_size=40,
)


def messages(inputs: Sequence[Input], share: Callable[[int, Input], object]) -> list[Message]:
    """One for all inputs with the same ``share``."""
    shared: dict[object, list[int]] = {}
    for number, one in enumerate(inputs):
        shared.setdefault((type(one), share(number, one)), []).append(number)
    kinds = {Packet: 1, Control: 2, Link: 3, Tick: 4}
    return [
        take_apart(encode(7, kinds[kind], getattr(inputs[rows[0]], "sensor", ""), rows, [inputs[i] for i in rows]), 7)
        for (kind, _), rows in shared.items()
    ]


def sensor_of(_: int, one: Input) -> str:
    return one.sensor if isinstance(one, Packet) else ""


def flat(fed: Sequence[Fed]) -> list[Input]:
    return [one for each in fed for one in (each.packets() if isinstance(each, PacketRun) else (each,))]


def heard(inputs: Sequence[Input], sensor: str) -> list[Input]:
    """What lies in a sensor's own order: its packets, and all that is no packet."""
    return [one for one in inputs if not isinstance(one, Packet) or one.sensor == sensor]


@given(INPUTS)
def test_runs_hold_the_same_inputs_in_every_sensors_order(inputs: list[Input]) -> None:
    runs, single = (arrange(messages(inputs, sensor_of)) for arrange in (in_runs, singly))
    assert single.inputs == inputs
    assert (runs.numbers, runs.first_ns, runs.last_ns) == (single.numbers, single.first_ns, single.last_ns)
    for sensor in "abc":
        assert heard(flat(runs.inputs), sensor) == heard(inputs, sensor)


@given(INPUTS, st.lists(st.integers(0, 1), min_size=40, max_size=40))
def test_a_sensor_in_two_messages_keeps_its_order(inputs: list[Input], halves: list[int]) -> None:
    told = messages(inputs, lambda number, one: (sensor_of(number, one), halves[number]))
    for sensor in "abc":
        assert heard(flat(in_runs(told).inputs), sensor) == heard(inputs, sensor)


def test_rows_out_of_order_are_put_in_order() -> None:
    late, soon = Packet("a", "data", 5, b"late"), Packet("a", "data", 4, b"soon")
    message = take_apart(encode(7, 1, "a", [1, 0], [late, soon]), 7)
    assert in_runs([message]).inputs == [soon, late]


def test_a_run_ends_where_another_kind_of_input_lies(tmp_path: Path, header: Header, inputs: list[Input]) -> None:
    found = [one for batch in written(tmp_path, header, inputs).runs() for one in batch]
    kinds = {type(one) for one in found}
    assert kinds == {PacketRun, Control, Link, Tick}
    assert len(found) < len(inputs) / 3
    for sensor in {one.sensor for one in inputs if isinstance(one, Packet)}:
        assert heard(flat(found), sensor) == heard(inputs, sensor)


def test_runs_come_in_the_same_lists_and_name_the_same_damage(
    tmp_path: Path, header: Header, inputs: list[Input]
) -> None:
    recording = written(tmp_path, header, inputs)
    content = bytearray(recording.path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    recording.path.write_bytes(content)
    lengths = [len(batch) for batch in recording.batches(2.0)]
    damage, loss = recording.damage, recording.loss
    assert damage
    assert [len(flat(batch)) for batch in recording.runs(2.0)] == lengths
    assert (recording.damage, recording.loss) == (damage, loss)


def written(folder: Path, header: Header, inputs: Sequence[Input]) -> Recording:
    with Writer(folder / "day.mcap", header) as writer:
        writer.write(inputs)
    return open_recording(folder / "day.mcap")
