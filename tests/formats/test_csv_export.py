"""There and back: the same times to 1 µs, the same values to 32-bit float."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Control, Packet, Sensor, Tick
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import InputError
from hiphinge.formats import csv_export, csv_session
from hiphinge.recording import replacing
from tests.streams import test_base

SACRUM = (Sensor("C4:7F", "hiphinge_imu", "sacrum"),)
GRAVITY = np.array([0, 0, 9.81])
SITES = ("upper_lumbar", "sacrum", "thigh_left", "thigh_right")


def packet(t_s=(0.0, 0.01), acc=9.81, gyr=0.1, sensor="C4:7F"):
    t_ns = hiphinge_imu.times_ns(t_s)
    payload = hiphinge_imu.encode(0, t_ns, np.full((len(t_ns), 3), acc), np.full((len(t_ns), 3), gyr))
    return Packet(sensor, "data", int(t_ns[-1]), payload)


def write(inputs, folder, sensors=SACRUM):
    return csv_export.write([inputs], sensors, folder, replacing)


@st.composite
def tables(draw):
    """A sensor's rows: any rate, start and gaps; values that a sensor could send, gravity among them."""
    n = draw(st.integers(2, 60))
    rate = draw(st.floats(1.0, 2000.0))
    start = draw(st.sampled_from([0.0, 0.5, -3600.0, 1_790_000_000.123457]))
    gaps = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.4, 30.0]), min_size=n, max_size=n))
    t = start + (np.arange(n) / rate + np.cumsum(gaps)).round(6)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    acc = rng.normal(0, draw(st.floats(0, 3)), (n, 3)) + GRAVITY
    gyr = rng.normal(0, draw(st.floats(0, 5)), (n, 3))
    return np.column_stack([t, acc, gyr])[:, : draw(st.sampled_from([4, 7]))].astype(float)


@given(st.dictionaries(st.sampled_from(SITES), tables(), min_size=1), st.booleans())
def test_a_folder_comes_back(tmp_path_factory, sites, marked):
    before, after = tmp_path_factory.mktemp("before"), tmp_path_factory.mktemp("after") / "out"
    for site, table in sites.items():
        names = ["t_s", "acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"][: table.shape[1]]
        pd.DataFrame(table, columns=names).to_csv(before / f"{site}.csv", index=False)
    if marked:
        (before / "markers.csv").write_text("start_s,end_s,label\n-5.5,1e-05,stand\n0.25,1790000000.5,bend\n")
    session = csv_session.read(before)
    csv_export.write(session.batches(), session.sensors, after, replacing)
    assert {path.name for path in after.iterdir()} == {path.name for path in before.iterdir()}
    for site, table in sites.items():
        found = pd.read_csv(after / f"{site}.csv")
        assert found.columns.tolist() == pd.read_csv(before / f"{site}.csv").columns.tolist()
        assert np.abs(found["t_s"].to_numpy() - table[:, 0]).max() < 1e-6
        np.testing.assert_array_equal(found.to_numpy()[:, 1:].astype(np.float32), table[:, 1:].astype(np.float32))
    if marked:
        pd.testing.assert_frame_equal(pd.read_csv(after / "markers.csv"), pd.read_csv(before / "markers.csv"))


def test_an_export_exports_to_the_same_bytes(written, nodding, tmp_path):
    folder = written({"sacrum.csv": nodding(start=1_790_000_000.123457), "thigh_left.csv": nodding()[:, :4]})
    for name in ("one", "two"):
        session = csv_session.read(folder)
        csv_export.write(session.batches(), session.sensors, tmp_path / name, replacing)
        folder = tmp_path / name
    for file in ("sacrum.csv", "thigh_left.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_plain_numbers(tmp_path):
    marker = Control(5, "marker", '{"label": "stand", "start_s": 0, "end_s": 5}')
    assert write([packet(), Control(1, "mute"), marker], tmp_path / "out") == []
    assert (tmp_path / "out" / "sacrum.csv").read_text() == (
        "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n0,9.81,9.81,9.81,0.1,0.1,0.1\n0.01,9.81,9.81,9.81,0.1,0.1,0.1\n"
    )
    assert (tmp_path / "out" / "markers.csv").read_text() == "start_s,end_s,label\n0.0,5.0,stand\n"


def test_what_a_folder_cannot_hold_is_told(tmp_path):
    sensors = (*SACRUM, Sensor("D1", "hiphinge_imu", "thigh_left"))
    bad = [Packet("C4:7F", "data", 3, b"x"), Packet("unknown", "data", 4, b"x"), Control(5, "marker", "{}")]
    clock = Tick(1_000_000_000, 1_772_352_001_000_000_000, 3600)
    notes = write([clock, packet(), packet((1.0,), gyr=np.nan), *bad], tmp_path / "out", sensors)
    assert notes == [
        "thigh_left: no samples, so no file.",
        "sacrum.csv: 1 rows lack a value; the cell is empty.",
        "2 packets could not be decoded and are left out.",
        "1 markers have no place in markers.csv and are left out.",
        "A folder cannot hold the wall clock: import it with --start 2026-03-01T09:00:00.000+01:00.",
    ]
    assert (tmp_path / "out" / "sacrum.csv").read_text().endswith("\n1,9.81,9.81,9.81,,,\n")


def test_a_clock_beyond_all_calendars_is_not_told(tmp_path):
    assert write([Tick(0, 2**63 - 1, 2**31 - 1), packet()], tmp_path / "out") == []


@pytest.mark.parametrize("site", ["../../etc/passwd", "/tmp/x", "sacrum\0", ""])
def test_a_site_of_a_recording_is_never_a_path(tmp_path, site):
    with pytest.raises(InputError, match="expected each of upper_lumbar, sacrum"):
        write([packet()], tmp_path / "out", (Sensor("C4:7F", "hiphinge_imu", site),))
    assert list(tmp_path.iterdir()) == []


def test_recordings_that_cannot_become_a_folder(tmp_path):
    with pytest.raises(InputError, match="a second sensor at sacrum"):
        write([packet()], tmp_path / "out", (*SACRUM, Sensor("D1", "hiphinge_imu", "sacrum")))
    with pytest.raises(InputError, match="sacrum is a 'abacus', expected one of hiphinge_imu"):
        write([packet()], tmp_path / "out", (Sensor("C4:7F", "abacus", "sacrum"),))
    with pytest.raises(InputError, match="no samples in the recording"):
        write([], tmp_path / "deep" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_folder(written):
    file = written({"notes.txt": "x"}) / "notes.txt"
    with pytest.raises(InputError, match=r"notes\.txt: a file, expected a folder"):
        write([packet()], file)


@pytest.mark.parametrize("other", ["thigh_left.csv", "sacrum.csv.gz", "markers.csv"])
def test_two_sessions_are_not_mixed_in_one_folder(written, other):
    folder = written({other: "x", "notes.txt": "mine"})
    with pytest.raises(InputError, match=f"{other} of another session is there"):
        write([packet()], folder)
    assert {path.name for path in folder.iterdir()} == {other, "notes.txt"}


def test_the_same_names_are_replaced_and_others_left_alone(written):
    folder = written({"sacrum.csv": "old", "notes.txt": "mine"})
    write([packet()], folder)
    assert (folder / "sacrum.csv").read_text().startswith("t_s,")
    assert {path.name for path in folder.iterdir()} == {"sacrum.csv", "notes.txt"}


def test_an_error_on_the_way_leaves_nothing(tmp_path):
    def broken():
        yield [packet((0.01 * k,)) for k in range(600)]
        raise InputError("the recording ends here")

    with pytest.raises(InputError, match="ends here"):
        csv_export.write(broken(), SACRUM, tmp_path / "a" / "b", replacing)
    assert list(tmp_path.iterdir()) == []


def test_files_are_whole_before_they_take_their_names(tmp_path):
    seen = []

    @contextmanager
    def watched(path):
        temporary = path.with_name(f".{path.name}")
        yield temporary
        seen.append((path.name, temporary.read_text().count("\n")))
        temporary.rename(path)

    marker = Control(5, "marker", '{"label": "stand", "start_s": 0, "end_s": 5}')
    csv_export.write([[packet((0.01 * k,)) for k in range(300)] + [marker]], SACRUM, tmp_path / "out", watched)
    assert sorted(seen) == [("markers.csv", 2), ("sacrum.csv", 301)]


@pytest.mark.parametrize("chunk", [7, 10_000])
def test_sensors_that_brought_their_clocks_together_stay_together(tmp_path, chunk):
    """As analysis has them: what arrivals alone leave between them, 4 ms and more, is not in the folder."""
    log = test_base.told(12.0, 3)
    batches = [log[i : i + chunk] for i in range(0, len(log), chunk)]
    csv_export.write(batches, test_base.WORN.sensors, tmp_path / "out", replacing)
    errors = []
    for site in test_base.SITES:
        found = pd.read_csv(tmp_path / "out" / f"{site}.csv")
        k = np.rint(np.rad2deg(found["gyr_x"]) / 0.01).astype(int)
        errors.append((found["t_s"] - test_base.taken(12 * 60, site)[k])[-120:].mean())
    assert max(errors) - min(errors) < 0.001
