"""Every measure at its small size, within its limits; and the harness itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.benchmarks import measure
from tests.benchmarks.measure import Progress, judge, names, rounded, run


@pytest.mark.parametrize("name", names())
def test_measure_at_small_size(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make measure` runs the same at full size."""
    monkeypatch.setattr(measure, "UNFINISHED", tmp_path)
    try:
        result = run(name, "small")
    except FileNotFoundError as e:
        if "real recordings" in str(e):
            pytest.skip(f"data: {e}")
        if not str(e).startswith("dbus:"):
            raise
        pytest.skip(str(e))
    broken = [n for n, verdict in result["limits"].items() if not verdict["kept"]]
    assert broken == [], measure.report(result)


def test_progress_survives_and_goes_stale(tmp_path: Path) -> None:
    """A stopped run goes on; one of other sources starts anew."""
    path = tmp_path / "deep" / "x.json"
    first = Progress(path, "v1")
    first["part 1"] = {"rmse": 0.5}
    assert Progress(path, "v1") == {"part 1": {"rmse": 0.5}}
    assert Progress(path, "v2") == {}


def test_judge() -> None:
    """Bounds include their ends; nested figures have dotted names; NaN keeps nothing."""
    figures = {"a": 1.0, "deep": {"b": 2.0}, "nan": float("nan")}
    limits = {"a": (None, 1.0), "deep.b": (2.5, None), "nan": (None, None), "absent": (0.0, None)}
    verdicts = judge(figures, limits, all_of_them=True)
    assert {name: v["kept"] for name, v in verdicts.items()} == {
        "a": True,
        "deep.b": False,
        "nan": False,
        "absent": False,
    }
    assert "absent" not in judge(figures, limits, all_of_them=False)


def test_a_run_resumes_and_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopped after its first part, run again: the part is not measured twice; the JSON holds what it needs."""
    measured: list[str] = []

    def parts(size: str, progress: dict[str, float]) -> dict[str, float]:
        for part in ("one", "two"):
            if part not in progress:
                measured.append(part)
                progress[part] = float(len(measured))
                if len(measured) == 1:
                    raise KeyboardInterrupt
        return dict(progress)

    module = ModuleType("tests.benchmarks.measure_fake")
    module.__doc__, module.measure, module.LIMITS = "Fake.\n\nMore.", parts, {"two": (None, 1.5)}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for name, value in {"ROOT": tmp_path, "RESULTS": tmp_path / "docs", "UNFINISHED": tmp_path / "build"}.items():
        monkeypatch.setattr(measure, name, value)
    monkeypatch.setattr(measure, "names", lambda: ["fake"])
    monkeypatch.setattr(measure, "sources_digest", lambda name: name)

    with pytest.raises(KeyboardInterrupt):
        measure.main(["fake"])
    assert measure.main(["fake"]) == 1
    assert measured == ["one", "two"]
    written = json.loads((tmp_path / "docs" / "fake.json").read_text())
    assert written["figures"] == {"one": 1.0, "two": 2.0}
    assert written["limits"]["two"]["kept"] is False
    assert written["machine"]["cores"] >= 1
    assert "BROKEN two" in capsys.readouterr().out
    assert not list((tmp_path / "build").iterdir())


def test_rounded_is_plain_json() -> None:
    """numpy's numbers, NaN and long floats come out readable."""
    assert rounded({"a": np.float32(0.1), 2: [np.int64(3), float("nan"), 0.123456789]}) == {
        "a": 0.1,
        "2": [3, None, 0.123457],
    }
