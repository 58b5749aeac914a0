from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from hiphinge.errors import SettingsError
from hiphinge.settings import Secrets, load_secrets
from hiphinge.settings.secrets_file import secrets_file

PLANTED = "hunter2-topic"


def written(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "secrets.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def test_it_stands_beside_the_settings(hiphinge_home: Path) -> None:
    assert secrets_file() == hiphinge_home / "secrets.toml"
    assert load_secrets() == Secrets()


def test_addresses_are_revealed_on_request_only(tmp_path: Path) -> None:
    written(tmp_path, f'[push]\nurls = ["ntfy://{PLANTED}", "json://localhost"]\n')
    secrets = load_secrets(tmp_path)
    assert [s.reveal() for s in secrets.push] == [f"ntfy://{PLANTED}", "json://localhost"]
    assert PLANTED not in f"{secrets} {secrets!r} {secrets.push[0]} {secrets.push[0]!r}"


def test_a_broker_of_home_assistant(tmp_path: Path) -> None:
    written(tmp_path, f'[home_assistant]\nbroker = " mqtt://ada:{PLANTED}@host "\n')
    secrets = load_secrets(tmp_path)
    assert (secrets.push, secrets.broker and secrets.broker.reveal()) == ((), f"mqtt://ada:{PLANTED}@host")
    assert PLANTED not in f"{secrets} {secrets!r}"
    written(tmp_path, '[home_assistant]\nbroker = ""\n')
    assert load_secrets(tmp_path).broker is None


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, f'[push]\nurls = ["ntfy://{PLANTED}"]\n', 0o644)
    with pytest.raises(SettingsError) as e:
        load_secrets(tmp_path)
    assert str(e.value) == f"{path}: others may read it, expected its owner alone. Run: chmod 600 {path}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f'[push]\nurls = ["ntfy://{PLANTED}"\n', "no TOML at end of document, "),
        (f"[push]\nurls = [ntfy://{PLANTED}]\n", "no TOML at line 2, "),
        (f"[push]\n{PLANTED} = 1\n{PLANTED} = 1\n", "no TOML at line 3, "),
        (f'x = {{{PLANTED} = "a", {PLANTED} = "b"}}\n', "no TOML at line 1, "),
        (PLANTED.encode() + b"\xff", "no TOML in UTF-8, "),
        (f'[push]\nurls = "ntfy://{PLANTED}"\n', "urls in [push], expected a list of texts"),
        (f'[push]\nurls = [["ntfy://{PLANTED}"]]\n', "urls in [push], expected a list of texts"),
        ('[push]\nurls = [" "]\n', "urls in [push], expected a list of texts"),
        (f'push = "ntfy://{PLANTED}"\n', "other names than urls in [push]"),
        (f'[push]\n"ntfy://{PLANTED}" = true\n', "other names than urls in [push]"),
        (f"[{PLANTED}]\nurls = []\n", "other names than urls in [push]"),
        (f'[home_assistant]\nbroker = ["{PLANTED}"]\n', "broker in [home_assistant], expected a text"),
        (f'[home_assistant]\nurls = ["{PLANTED}"]\n', "other names than urls in [push] and broker in [home_assistant]"),
    ],
)
def test_no_error_nor_its_cause_quotes_the_file(tmp_path: Path, text: str | bytes, complaint: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as e:
        load_secrets(tmp_path)
    assert str(e.value).startswith(f"{path}: {complaint}")
    assert e.value.__cause__ is None
    assert e.value.__context__ is None
    assert PLANTED not in "".join(traceback.format_exception(e.value))
