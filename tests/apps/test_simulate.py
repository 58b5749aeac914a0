from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from hiphinge.apps.simulate import command
from hiphinge.blocks import Control, Packet, Tick
from hiphinge.recording import open_recording


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulated") / "monday.mcap"
    code, text = run("calibration-only", "--seed", 4, "--start", "2026-03-01T09:00:00+01:00", "-o", path)
    assert code == 0
    assert "minutes" in text
    return path


def test_the_recording_holds_what_the_sensors_sent(written: Path) -> None:
    opened = open_recording(written)
    items = [item for batch in opened.batches() for item in batch]
    assert not opened.damage
    assert [s.site for s in opened.header.sensors] == ["upper_lumbar", "sacrum", "thigh_right"]
    assert opened.header.source == "simulated"
    assert {item.sensor for item in items if isinstance(item, Packet)} == {"upper_lumbar", "sacrum", "thigh_right"}
    first = next(item for item in items if isinstance(item, Tick))
    assert first.utc_ns == 1_772_352_000_000_000_000
    assert first.utc_offset_s == 3600
    labels = [item.value for item in items if isinstance(item, Control) and item.action == "marker"]
    assert len(labels) == 5


def test_the_truth_stands_beside_it(written: Path) -> None:
    truth = pq.read_table(written.with_name("monday.truth.parquet")).to_pandas()
    np.testing.assert_allclose(np.diff(truth["t_s"]), 0.01, atol=1e-9)
    assert {"lumbar_flexion_deg", "hip_flexion_deg", "posture", "rep", "rounded"} <= set(truth.columns)
    assert 35 < truth["lumbar_flexion_deg"].max() < 85
    assert set(truth["posture"]) == {"standing", "sitting"}


def test_the_same_options_give_the_same_inputs(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mcap"
    run("calibration-only", "--seed", 4, "--start", "2026-03-01T09:00:00+01:00", "-o", again)
    one, other = ([i for b in open_recording(p).batches() for i in b] for p in (written, again))
    assert one == other
    assert open_recording(written).header == open_recording(again).header


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("marathon",), "workout"),
        (("workout", "--hours", "-1"), "--hours"),
        (("workout", "--hours", "nan"), "--hours"),
        (("workout", "--sites", "knee"), "upper_lumbar"),
        (("workout", "--sites", "sacrum,sacrum"), "each once"),
        (("workout", "--rate-hz", "0"), "--rate-hz"),
        (("workout", "--start", "noon"), "ISO 8601"),
        (("workout", "--seed", "-3"), "--seed"),
    ],
)
def test_values_that_cannot_be_had_exit_2(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    code, text = run(*arguments, "-o", out)
    assert code == 2
    assert words in text
    assert list(tmp_path.iterdir()) == []
