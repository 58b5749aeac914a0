from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hiphinge.blocks import Control, Input, Packet, Tick
from hiphinge.markers import Marker
from hiphinge.recording import Contents, Header, Writer, open_recording


def contents_of(path: Path, header: Header, inputs: list[Input]) -> Contents:
    with Writer(path, header) as writer:
        writer.write(inputs)
    return open_recording(path).contents()


def test_everything_is_counted(tmp_path: Path, header: Header, inputs: list[Input]) -> None:
    found = contents_of(tmp_path / "day.mcap", header, inputs)
    assert found.inputs == len(inputs)
    assert (found.start_s, found.end_s) == (0.09, 9.99)
    assert found.duration_s == pytest.approx(9.9)
    assert found.start_utc_ns == 1_700_000_000_090_000_000
    assert found.utc_offset_s == 3600
    assert (found.ticks, found.links, found.controls) == (10, 4, {"mute": 4})
    assert found.damage == ()
    assert [s.sensor for s in found.sensors] == list(header.sensors)
    for sensor in found.sensors:
        assert (sensor.packets, sensor.samples, sensor.missing, sensor.refused) == (100, 1000, 0, 0)
        assert sensor.rate_hz == pytest.approx(100.0)


def test_lost_and_refused_packets_are_counted(tmp_path: Path, header: Header, inputs: list[Input]) -> None:
    site = header.sensors[0].sensor
    mine = [item for item in inputs if isinstance(item, Packet) and item.sensor == site]
    kept = mine[:20] + mine[23:70] + mine[71:] + [Packet(site, "data", mine[-1].arrival_ns, b"noise")]
    upper = contents_of(tmp_path / "day.mcap", header, [*kept]).sensors[0]
    assert (upper.packets, upper.samples, upper.missing, upper.refused) == (97, 960, 40, 1)
    assert upper.lost_share == pytest.approx(0.04)


def test_a_short_recording_still_knows_its_gaps(tmp_path: Path, header: Header, inputs: list[Input]) -> None:
    mine = [item for item in inputs if isinstance(item, Packet)]
    upper = contents_of(tmp_path / "day.mcap", header, mine[:30] + mine[33:60]).sensors[0]
    assert upper.missing == 10


def test_gaps_between_two_batches_are_counted(
    tmp_path: Path, header: Header, inputs_of: Callable[[float], list[Input]]
) -> None:
    mine = [item for item in inputs_of(30.0) if isinstance(item, Packet) and item.sensor == header.sensors[0].sensor]
    upper = contents_of(tmp_path / "day.mcap", header, [*mine[::2]]).sensors[0]
    assert (upper.samples, upper.missing) == (1500, 1490)


def test_markers_are_read_and_nonsense_is_only_counted(tmp_path: Path, header: Header) -> None:
    good = Control(1, "marker", '{"label": "stand", "start_s": 0.5, "end_s": 12}')
    bad = [Control(2, "marker", text) for text in ("", "[]", '{"label": 1}', '{"label":"a","start_s":"x","end_s":1}')]
    found = contents_of(tmp_path / "day.mcap", header, [good, *bad])
    assert found.markers == (Marker("stand", 0.5, 12.0),)
    assert found.controls == {"marker": 5}


def test_an_unknown_sensor_and_device_are_shown_without_samples(tmp_path: Path, header: Header) -> None:
    stranger = contents_of(tmp_path / "day.mcap", header, [Packet("x", "data", 0, b"1")]).sensors[-1]
    assert (stranger.sensor.sensor, stranger.sensor.device, stranger.packets, stranger.samples) == ("x", "", 1, None)


def test_an_empty_recording_has_no_times(tmp_path: Path, header: Header) -> None:
    found = contents_of(tmp_path / "day.mcap", header, [])
    assert (found.inputs, found.duration_s, found.start_utc_ns) == (0, 0.0, None)


def test_a_tick_without_wall_clock_says_nothing_of_the_day(tmp_path: Path, header: Header) -> None:
    assert contents_of(tmp_path / "day.mcap", header, [Tick(5)]).start_utc_ns is None
