"""Every defect of a sensor's file, with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from hiphinge.errors import SessionFolderError
from hiphinge.formats import csv_lines
from hiphinge.formats.csv_table import SensorFile, parse

H = "t_s,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n"
ROWS = [f"{0.01 * k:.2f},0.1,0.2,9.8,0.01,-0.02,1e-3" for k in range(6)]


def blocks(tmp_path: Path, content: str | bytes, name: str = "sacrum.csv", drop: bool = False):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = SensorFile(path, drop_bad_rows=drop)
    return file, list(file.blocks())


def text(*rows: str) -> str:
    return H + "\n".join([*ROWS, *rows]) + "\n"


REFUSED = {
    "empty file": ("", None, "an empty file, expected the header t_s,"),
    "header alone": (H, None, "a header and no row"),
    "header and blank lines": (H + "\n\n", None, "a header and no row"),
    "one sample": (H + ROWS[0] + "\n", None, "one sample, expected at least two"),
    "other columns": ("time,ax,ay,az\n1,2,3,4\n", 1, "the header time,ax,ay,az, expected t_s,acc_x"),
    "two columns of a gyroscope": (H.replace(",gyr_z", "") + "1,2,3,4,5,6\n", 1, "expected t_s,acc_x"),
    "semicolons": (H.replace(",", ";") + "0;1;2;3;4;5;6\n", 1, "separated by semicolons"),
    "tabs": (H.replace(",", "\t") + "0\t1\n", 1, "separated by tabs"),
    "no header": ("\n".join(ROWS), 1, "The first line holds numbers"),
    "blank first line": ("\n" + H + ROWS[0], 1, "the header is an empty line"),
    "decimal commas": (H + "0,01,9,81,0,1,0,2,0,1,0,1,0,1\n", 2, "decimal commas"),
    "semicolons in rows": (H + "0;1;2;3;4;5;6\n", 2, "decimal commas or semicolons"),
    "quoted decimal commas": (H + '"0,01","9,81","0,1",0,0,0,0\n', 2, "decimal commas"),
    "NaN": (text("0.06,0.1,NaN,9.8,0,0,0"), 8, "acc_y is NaN, expected a number"),
    "empty cell": (text("0.06,0.1,0.2,9.8,,0,0"), 8, "gyr_x is empty, expected a number"),
    "infinite": (text("0.06,0.1,inf,9.8,0,0,0"), 8, "acc_y is inf, expected a finite number"),
    "too large": (text("0.06,0.1,1e39,9.8,0,0,0"), 8, "acc_y is 1e39"),
    "a word": (text("0.06,0.1,lost,9.8,0,0,0"), 8, "acc_y is lost, expected a finite number"),
    "a number of Python": (text("0.06,0.1,1_0,9.8,0,0,0"), 8, "acc_y is 1_0"),
    "cells missing": (text("0.06,0.1,0.2"), 8, "3 cells, expected 7"),
    "cut last row": (text("0.06,0.1,0.2")[:-1], 8, "3 cells, expected 7"),
    "header again": (text(H.strip(), *ROWS), 8, "t_s is t_s"),
    "time runs back": (text("0.04,0.1,0.2,9.8,0,0,0"), 8, "t_s runs back by 0.01 s to 0.04, expected rising"),
    "same row again": (text(ROWS[-1]), 8, "the time of line 7 again (0.05 s)"),
    "time in ms": (
        H + "".join(f"{10 * k},0,0,9.8,0,0,0\n" for k in range(25)),
        None,
        "samples 10 s apart, expected less than 2 s",
    ),
    "epoch in ms": (H + "1.79e12,0,0,9.8,0,0,0\n", 2, "t_s is 1.79e+12, expected seconds"),
    "Latin-1 header": (b"t_s,acc_x [m/s\xb2]\n1,2\n", 1, "bytes that are not UTF-8"),
    "Latin-1 row": (text().encode() + b"0.06,\xb2,0,0,0,0,0\n", 8, "bytes that are not UTF-8"),
    "UTF-16": (text().encode("utf-16"), None, "UTF-16 text, expected UTF-8"),
    "Excel": (b"PK\x03\x04" + bytes(100), None, "a zip or Excel file"),
    "binary": (bytes(range(256)) * 4, None, "a binary file, expected UTF-8 text"),
    "truncated gzip": (gzip.compress(text().encode())[:-20], None, "the compressed file ends early"),
    "damaged gzip": (gzip.compress(text().encode())[:-8] + bytes(8), None, "the compressed file is damaged"),
    "no line ends": (H.encode() + b"1" * (2 * csv_lines.LONGEST_LINE), None, "bytes without a line end"),
}


@pytest.mark.parametrize(("content", "line", "found"), REFUSED.values(), ids=REFUSED)
def test_a_defect_is_named_with_file_and_line(tmp_path, content, line, found):
    with pytest.raises(SessionFolderError) as refused:
        blocks(tmp_path, content)
    message = str(refused.value)
    assert found in message
    assert message.startswith("sacrum.csv")
    assert message.endswith(".")
    assert refused.value.file == "sacrum.csv"
    if line:
        assert refused.value.line == line
        assert message.startswith(f"sacrum.csv, line {line}: ")


ACCEPTED = {
    "plain": text(),
    "no last line end": text()[:-1],
    "CRLF": text().replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + text(),
    "blank lines": text("", "", "").replace(ROWS[2], "\n" + ROWS[2]),
    "blanks around": text().replace(",", " , "),
    "quotes": text().replace("0.1", '"0.1"').replace("acc_x", '"acc_x"'),
    "plus sign": text().replace("9.8", "+9.8"),
    "gzip under a plain name": gzip.compress(text().encode()),
}


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED)
def test_what_says_the_same_reads_the_same(tmp_path, content):
    (rows,) = blocks(tmp_path, content)[1]
    assert rows.t_ns.tolist() == [0, 10_000_000, 20_000_000, 30_000_000, 40_000_000, 50_000_000]
    assert rows.acc.tolist() == [[0.1, 0.2, 9.8]] * 6
    assert rows.gyr.tolist() == [[0.01, -0.02, 1e-3]] * 6


def test_two_samples_are_enough_even_without_a_last_line_end(tmp_path):
    (rows,) = blocks(tmp_path, H + "\n".join(ROWS[:2]))[1]
    assert len(rows) == 2


def test_a_few_rows_between_gaps_say_nothing_about_the_rate(tmp_path):
    (rows,) = blocks(tmp_path, H + "0,0,0,9.8,0,0,0\n31,0,0,9.8,0,0,0\n")[1]
    assert len(rows) == 2


def test_without_gyroscope_it_is_nan(tmp_path):
    (rows,) = blocks(tmp_path, "t_s,acc_x,acc_y,acc_z\n0,0,0,9.8\n1,0,0,9.8\n")[1]
    assert np.isnan(rows.gyr).all()
    assert rows.gyr.shape == rows.acc.shape == (2, 3)


def test_bad_rows_are_left_out_only_when_asked(tmp_path):
    bad = ["0.06,0.1,,9.8,0,0,0", ROWS[-1], "0.07,x,0,9.8,0,0,0", "0.08,1", "0.09,1,2,3,4,5,6"]
    file, (rows,) = blocks(tmp_path, text(ROWS[-1], *bad), drop=True)
    assert rows.line.tolist() == [2, 3, 4, 5, 6, 7, 13]
    assert rows.t_ns[-1] == 90_000_000
    assert file.notes == ["sacrum.csv: 5 bad rows left out, the first in line 8: the time of line 7 again (0.05 s)."]


def test_time_that_runs_back_is_refused_even_then(tmp_path):
    with pytest.raises(SessionFolderError, match="line 9: t_s runs back"):
        blocks(tmp_path, text("0.06,nan,0,9.8,0,0,0", "0.01,1,2,3,4,5,6"), drop=True)


@pytest.mark.parametrize("size", [50, 97, 200, 1 << 20])
def test_blocks_of_any_size_give_the_same_rows_lines_and_defects(tmp_path, monkeypatch, size):
    monkeypatch.setattr(csv_lines, "BLOCK_BYTES", max(size, len(H) + 3 * len(ROWS[0])))
    rows = [f"{0.01 * k:.2f},0.1,0.2,9.8,0.01,-0.02,{k}" for k in range(40)]
    rows[17] = rows[16]
    file, found = blocks(tmp_path, H + "\n".join(rows), drop=True)
    assert np.concatenate([b.line for b in found]).tolist() == [*range(2, 19), *range(20, 42)]
    assert np.concatenate([b.gyr[:, 2] for b in found]).tolist() == [*range(17), *range(18, 40)]
    assert "the first in line 19: the time of line 18 again" in file.notes[0]
    with pytest.raises(SessionFolderError, match="line 19: the time of line 18 again"):
        blocks(tmp_path, H + "\n".join(rows))


def test_the_quick_way_refuses_what_is_not_one_row_a_line():
    columns = ("a", "b")
    assert parse(b"1,2\n3,4", columns).tolist() == [[1, 2], [3, 4]]
    for bad in (b"1,2\r3,4\n", b"1,2\n\n3,4\n", b"1,nan\n", b"1,inf\n", b"1\n", b"", b"\n"):
        assert parse(bad, columns) is None


def test_names_of_files_and_cells_send_no_commands_to_the_terminal(tmp_path):
    with pytest.raises(SessionFolderError) as refused:
        blocks(tmp_path, H + "0,\x1b[2J,0,0,0,0,0\n", name="sacrum\x1b.csv")
    assert "\x1b" not in str(refused.value)
