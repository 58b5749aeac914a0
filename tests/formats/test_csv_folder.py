"""Which file is what, and which folder is none."""

from __future__ import annotations

import pytest

from hiphinge.errors import SessionFolderError
from hiphinge.formats.csv_folder import csv_stem, find_files


def test_sites_come_in_the_order_of_the_body_and_other_files_do_not_matter(written):
    names = ["thigh_left.csv", "Sacrum.CSV", "upper_lumbar.csv.gz", "markers.csv", "notes.txt", "._sacrum.csv", ".csv"]
    paths, markers = find_files(written(dict.fromkeys(names, "x")))
    assert [(site, path.name) for site, path in paths.items()] == [
        ("upper_lumbar", "upper_lumbar.csv.gz"),
        ("sacrum", "Sacrum.CSV"),
        ("thigh_left", "thigh_left.csv"),
    ]
    assert markers.name == "markers.csv"


REFUSED = {
    "unknown site, nearly right": (["thigh_rigth.csv"], r"^thigh_rigth.csv: no site .* Did you mean thigh_right.csv\?"),
    "unknown site": (["sacrum.csv", "xyz.csv"], "^xyz.csv: .* expected one of upper_lumbar, sacrum, thigh_left, thigh"),
    "two files for one site": (["sacrum.csv", "sacrum.csv.gz"], "^sacrum.csv.gz: sacrum.csv is there too, expected"),
    "two files of markers": (["sacrum.csv", "markers.csv", "markers.csv.gz"], "one file for markers"),
    "markers alone": (["markers.csv"], "no file of a sensor, expected one or more of upper_lumbar.csv"),
    "nothing": ([], r"no file of a sensor, .* The folder is empty\."),
    "other files": (["truth.npz"], "It holds truth.npz"),
}


@pytest.mark.parametrize(("names", "found"), REFUSED.values(), ids=REFUSED)
def test_a_folder_that_is_no_session_is_refused(written, names, found):
    folder = written(dict.fromkeys(names, "x"))
    with pytest.raises(SessionFolderError, match=found) as refused:
        find_files(folder)
    assert str(refused.value).startswith(refused.value.file or str(folder))


def test_paths_that_are_no_folder(written, tmp_path):
    with pytest.raises(SessionFolderError, match=r"nowhere: no such folder, expected a folder"):
        find_files(tmp_path / "nowhere")
    with pytest.raises(SessionFolderError, match=r"sacrum\.csv: a file, expected a folder"):
        find_files(written({"sacrum.csv": "x"}) / "sacrum.csv")


def test_the_folder_above_is_named(written):
    folder = written({"truth.npz": "x"})
    (folder / "session").mkdir()
    with pytest.raises(SessionFolderError, match=r"It holds session/, truth\.npz"):
        find_files(folder)


def test_a_folder_with_the_name_of_a_site(written):
    folder = written({})
    (folder / "sacrum.csv").mkdir()
    with pytest.raises(SessionFolderError, match=r"sacrum\.csv: no plain file"):
        find_files(folder)


@pytest.mark.parametrize(
    ("name", "stem"), [("A.csv", "a"), ("a.csv.gz", "a"), ("a.gz", None), ("a.csv.bak", None), (".a.csv", None)]
)
def test_stem(name, stem):
    assert csv_stem(name) == stem
