"""A secret planted in secrets.toml is in no recording, output or export."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from mcap.stream_reader import StreamReader

PLANTED = "hunter2topic"


def hiphinge(folder: Path, *args: str) -> str:
    """Everything that a command says; it must succeed."""
    command = [sys.executable, "-m", "hiphinge", *args]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def lifted_until(folder: Path, words: str) -> str:
    """Everything that a live session says, recorded in live.mcap and ended in order once it has said these words."""
    arguments = ["lift", "--source", "simulated", "--for", "60", "--json", "-o", "live.mcap"]
    command = [sys.executable, "-m", "hiphinge", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        said = ""
        while words not in said and (line := run.stdout.readline()):
            said += line
        run.terminate()
        said += run.stdout.read()
    assert words in said
    assert run.returncode == 0, said
    return said


def unpacked(recording: Path) -> str:
    """All records as text; chunks are decompressed."""
    return "\n".join(repr(record) for record in StreamReader(io.BytesIO(recording.read_bytes())).records)


def test_a_planted_secret_stays_where_it_is(hiphinge_home: Path, tmp_path: Path) -> None:
    secrets = hiphinge_home / "secrets.toml"
    secrets.write_text(f'[push]\nurls = ["json://{PLANTED}@127.0.0.1:1/{PLANTED}", "bogus://{PLANTED}"]\n')
    secrets.chmod(0o600)
    said = lifted_until(tmp_path, "push 2: apprise cannot read address 2 of secrets.toml")
    said += hiphinge(tmp_path, "info", "live.mcap", "--json")
    said += hiphinge(tmp_path, "export", "csv", "live.mcap", "-o", "out")
    content = unpacked(tmp_path / "live.mcap")
    assert "rounding" in content  # the settings are in it, so it was read
    assert PLANTED not in said + content
    files = [p for folder in (hiphinge_home, tmp_path) for p in folder.rglob("*") if p.is_file() and p != secrets]
    assert len(files) >= 4
    assert [p.name for p in files if PLANTED.encode() in p.read_bytes()] == []
