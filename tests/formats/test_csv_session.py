"""A folder as one stream of Inputs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from scipy.io import loadmat

from hiphinge.blocks import Control, Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import SessionFolderError
from hiphinge.formats import csv_lines, csv_session
from hiphinge.formats.csv_session import GAP_PERIODS, PACKET_S, PACKET_SAMPLES, clock_pair

MARKERS = "start_s,end_s,label\n12,20,bend\n0,5,stand\n"
HEADER = "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z"


def inputs(session):
    return [item for batch in session.batches() for item in batch]


def samples(items, site):
    packets = [item for item in items if isinstance(item, Packet) and item.sensor == site]
    block, errors, _ = hiphinge_imu.Decoder(site).decode(packets)
    assert errors == ()
    return block


def same(block, table):
    """Times to 1 µs, values to 32-bit float."""
    assert np.abs(block.t_ns / 1e9 - table[:, 0]).max() < 1e-6
    np.testing.assert_array_equal(block.acc, table[:, 1:4].astype(np.float32))
    if table.shape[1] == 7:
        np.testing.assert_array_equal(block.gyr, table[:, 4:].astype(np.float32))
    else:
        assert np.isnan(block.gyr).all()


def test_sensors_of_their_own_rates_and_starts_in_order_of_arrival(written, nodding):
    tables = {
        "sacrum": nodding(rate=100.0),
        "upper_lumbar": nodding(rate=52.0, start=0.731),
        "thigh_left": nodding(rate=400.0, seconds=5.0, start=3.0)[:, :4],
    }
    session = csv_session.read(
        written({f"{site}.csv": table for site, table in tables.items()} | {"markers.csv": MARKERS})
    )
    items = inputs(session)
    arrivals = [item.arrival_ns for item in items]
    assert arrivals == sorted(arrivals)
    for site, table in tables.items():
        same(samples(items, site), table)
    assert [item for item in items if not isinstance(item, Packet)] == [
        Control(5_000_000_000, "marker", '{"label": "stand", "start_s": 0.0, "end_s": 5.0}'),
        Control(20_000_000_000, "marker", '{"label": "bend", "start_s": 12.0, "end_s": 20.0}'),
    ]
    assert session.sensors == tuple(Sensor(s, "hiphinge_imu", s) for s in ("upper_lumbar", "sacrum", "thigh_left"))
    assert session.notes == []
    assert session.progress == 1.0


@pytest.mark.parametrize("rate", [25.0, 104.0, 800.0])
def test_a_packet_is_short_and_spans_no_gap(written, nodding, rate):
    table = nodding(rate=rate, seconds=8.0)
    lost = (np.abs(table[:, 0] - 3) < 0.2) | (np.abs(table[:, 0] - 5) < 0.2)
    table = table[~lost]
    packets = [item for item in inputs(csv_session.read(written({"sacrum.csv": table}))) if isinstance(item, Packet)]
    same(samples(packets, "sacrum"), table)
    for number, packet in enumerate(packets):
        block, *_ = hiphinge_imu.Decoder("sacrum").decode([packet])
        assert len(block) <= PACKET_SAMPLES
        assert np.ptp(block.t_ns) <= PACKET_S * 1e9
        assert np.diff(block.t_ns).max(initial=0) <= GAP_PERIODS / rate * 1e9
        assert packet.arrival_ns == block.t_ns[-1]
        assert int.from_bytes(packet.payload[2:4], "little") == number


def test_the_size_of_blocks_changes_nothing(written, nodding, monkeypatch):
    folder = written({"sacrum.csv": nodding(), "thigh_right.csv": nodding(rate=33.0)[:, :4], "markers.csv": MARKERS})
    whole = inputs(csv_session.read(folder))
    monkeypatch.setattr(csv_lines, "BLOCK_BYTES", 3_000)
    session = csv_session.read(folder)
    assert inputs(session) == whole
    assert inputs(session) == whole


@pytest.mark.parametrize("start", [-7200.25, 0.0, 1_790_000_000.123457])
def test_time_is_kept_never_rebased(written, nodding, start):
    table = nodding(start=start)
    same(samples(inputs(csv_session.read(written({"sacrum.csv": table}))), "sacrum"), table)


def test_the_wall_clock_belongs_to_the_first_sample_of_any_sensor(written, nodding):
    start = datetime(2026, 3, 1, 9, 0, 0, 250_000, timezone(timedelta(hours=1)))
    folder = written({"sacrum.csv": nodding(start=2.5), "thigh_left.csv": nodding(start=1.25)})
    first, *others = inputs(csv_session.read(folder, start=start))
    assert first == Tick(1_250_000_000, 1_772_352_000_250_000_000, 3600)
    assert not [item for item in others if isinstance(item, Tick)]
    assert not [item for item in inputs(csv_session.read(folder)) if isinstance(item, Tick)]


def test_a_start_without_a_zone_is_a_mistake_of_the_caller():
    assert clock_pair(5, datetime(1970, 1, 1, tzinfo=UTC)) == Tick(5, 0, 0)
    with pytest.raises(ValueError, match="expected a time with its zone"):
        clock_pair(5, datetime(2026, 3, 1))


def test_notes_are_data(written, nodding):
    table = nodding()
    text = "\n".join([HEADER, *(",".join(map(str, row)) for row in table.tolist())])
    text = text.replace(f"{table[7, 1]}", "nan")
    folder = written({"sacrum.csv": text, "markers.csv": "start_s,end_s,label\n90,95,sit\n0,1,stand\n"})
    with pytest.raises(SessionFolderError, match=r"^sacrum\.csv, line 9: acc_x is nan"):
        inputs(csv_session.read(folder))
    session = csv_session.read(folder, drop_bad_rows=True)
    same(samples(inputs(session), "sacrum"), np.delete(table, 7, axis=0))
    assert session.notes == [
        "sacrum.csv: 1 bad rows left out, the first in line 9: acc_x is nan.",
        "markers.csv: stand from 0 to 1 s is short, expected 3 s or more of quiet standing.",
        "markers.csv: sit from 90 to 95 s lies outside the data (0 to 19.98 s). It has no effect.",
    ]


def test_units_go_to_every_file(written, nodding):
    table = nodding()
    other = table / [1, *[9.80665] * 3, *[np.pi / 180] * 3]
    folder = written({"sacrum.csv": other, "thigh_left.csv": other})
    with pytest.raises(SessionFolderError, match="--acc-unit g"):
        inputs(csv_session.read(folder))
    items = inputs(csv_session.read(folder, acc_unit="g", gyr_unit="deg/s"))
    np.testing.assert_allclose(samples(items, "thigh_left").gyr, table[:, 4:], rtol=1e-6)
    np.testing.assert_allclose(samples(items, "sacrum").acc, table[:, 1:4], rtol=1e-6)


VIRTUAL = [f"{person}{wearing}" for person in ("bd", "bk", "dg") for wearing in range(1, 5)]


@pytest.mark.parametrize("name", VIRTUAL)
def test_every_virtual_wearing_imports_as_it_is(data_dir, name):
    """Biases up to 0.3 rad/s, a thigh that peaks at 80 rad/s, lost packets: none of them another unit."""
    folder = data_dir("virtual") / name / "session"
    session = csv_session.read(folder)
    items = inputs(session)
    for sensor in session.sensors:
        same(samples(items, sensor.site), pd.read_csv(folder / f"{sensor.site}.csv.gz").to_numpy())
    assert sum(isinstance(item, Control) for item in items) == 3
    assert all("peaks at" in note for note in session.notes)


def test_a_virtual_wearing_in_deg_s_is_refused(data_dir, written):
    table = pd.read_csv(data_dir("virtual") / "bd1" / "session" / "sacrum.csv.gz").to_numpy()
    table[:, 4:] = np.rad2deg(table[:, 4:])
    with pytest.raises(SessionFolderError, match="--gyr-unit deg/s"):
        inputs(csv_session.read(written({"sacrum.csv": table})))


def test_a_real_person(data_dir, written):
    mat = loadmat(data_dir("qmt_full_body") / "full_body_example_data.mat", squeeze_me=True)
    places = {
        "upper_lumbar": "lower_back",
        "sacrum": "hip",
        "thigh_left": "upper_leg_left",
        "thigh_right": "upper_leg_right",
    }
    tables = {
        site: np.column_stack([mat["t"], mat[place]["acc"].item(), mat[place]["gyr"].item()])
        for site, place in places.items()
    }
    session = csv_session.read(written({f"{site}.csv": table for site, table in tables.items()}))
    items = inputs(session)
    for site, table in tables.items():
        same(samples(items, site), table)
    assert session.notes == []
    assert items[0].arrival_ns == pytest.approx(40.24e9, abs=1e7)
