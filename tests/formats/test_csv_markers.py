"""markers.csv: what is refused, what is noted, and there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.blocks import Control
from hiphinge.errors import SessionFolderError
from hiphinge.formats import csv_markers
from hiphinge.formats.csv_markers import LABELS, has_place, notes_on, read_markers, write_markers
from hiphinge.markers import Marker, from_control, to_control

H = "start_s,end_s,label\n"


def read(tmp_path, text):
    path = tmp_path / "markers.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_markers(path)


REFUSED = {
    "empty": ("", 1, "no header, expected start_s,end_s,label"),
    "other columns": ("label,start_s,end_s\n", 1, "the header label,start_s,end_s, expected start_s"),
    "semicolons": ("start_s;end_s;label\n", 1, "separated by semicolons"),
    "unknown label": (H + "0,5,Stand\n", 2, "the label Stand, expected one of stand, bend.*Did you mean stand"),
    "no such label": (H + "0,5,stand\n5,9,xyz\n", 3, "the label xyz, expected one of"),
    "no label": (H + "0,5,\n", 2, "the label is empty"),
    "ends before it starts": (H + "5,4,bend\n", 2, "bend ends at 4 s and starts at 5 s, expected an end after"),
    "no length": (H + "5,5,bend\n", 2, "expected an end after the start"),
    "a word": (H + "x,5,bend\n", 2, "start_s is x, expected seconds"),
    "NaN": (H + "0,nan,bend\n", 2, "end_s is nan, expected seconds"),
    "cells missing": (H + "0,5\n", 2, "2 cells, expected 3"),
    "decimal commas": (H + "0,5,5,5,bend\n", 2, "5 cells, expected 3"),
}


@pytest.mark.parametrize(("text", "line", "found"), REFUSED.values(), ids=REFUSED)
def test_a_defect_is_named_with_file_and_line(tmp_path, text, line, found):
    with pytest.raises(SessionFolderError, match=f"^markers.csv, line {line}: .*{found}") as refused:
        read(tmp_path, text)
    assert (refused.value.file, refused.value.line) == ("markers.csv", line)


def test_a_file_of_samples_is_no_file_of_markers(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_markers, "LARGEST_BYTES", 100)
    with pytest.raises(SessionFolderError, match="expected a few markers"):
        read(tmp_path, H + "0,5,bend\n" * 20)


def test_any_order_and_any_number(tmp_path):
    assert read(tmp_path, H) == []
    found = read(tmp_path, "\ufeff" + H.replace("\n", "\r\n") + '20,30.5,"bend"\r\n\r\n 0 , 12 , stand\r\n')
    assert found == [Marker("stand", 0.0, 12.0), Marker("bend", 20.0, 30.5)]


spans = st.tuples(st.floats(-9e9, 9e9), st.floats(-9e9, 9e9)).filter(lambda span: span[0] < span[1])
markers = st.builds(lambda label, span: Marker(label, *span), st.sampled_from(LABELS), spans)


@given(st.lists(markers, max_size=5))
def test_there_and_back(tmp_path_factory, wanted):
    path = tmp_path_factory.mktemp("m") / "markers.csv"
    write_markers(path, wanted)
    assert read_markers(path) == sorted(wanted, key=lambda marker: marker.end_s)


@pytest.mark.parametrize("label", ["calibration", "twist"])
def test_what_the_guide_and_the_key_mark_comes_along(tmp_path, label):
    told = Control(9_500_000_000, "marker", f'{{"label": "{label}", "start_s": 4.5, "end_s": 9.5}}')
    write_markers(tmp_path / "markers.csv", [from_control(told)])
    assert [to_control(marker) for marker in read_markers(tmp_path / "markers.csv")] == [told]


def test_what_cannot_be_read_again_has_no_place():
    assert has_place(Marker("sit", 1, 2))
    assert not has_place(Marker("=1+1", 0, 1))
    assert not has_place(Marker("sit", 2, 1))


def test_odd_markers_are_notes():
    odd = [Marker("stand", 0, 2), Marker("bend", -5, 0), Marker("sit", 100, 110), Marker("slump", 95, 120)]
    short, early, late = notes_on(odd, 0.0, 100.0)
    assert "stand from 0 to 2 s is short" in short
    assert "bend from -5 to 0 s lies outside the data (0 to 100 s)" in early
    assert "sit from 100 to 110 s lies outside" in late
