"""The service's file on each system, put there and taken away whole."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from hiphinge.apps.cli import main
from hiphinge.apps.live import installing
from hiphinge.errors import InputError
from hiphinge.settings import home

TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the tools that stand in are shell scripts")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, and all three systems' tools, which note how they are called; ``fail`` in it makes them fail."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("systemctl", "launchctl", "schtasks"):
        script = folder / name
        script.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {folder}/calls\n'
            f'for one; do case $one in *.xml) cp "$one" {folder}/task.xml;; esac; done\n'
            f'if [ -e {folder}/fail ]; then echo "Failed to connect to bus." >&2; exit 1; fi\n'
        )
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("PATHEXT", ".EXE")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


def calls(tools: Path) -> list[str]:
    noted = tools / "calls"
    return noted.read_text().splitlines() if noted.exists() else []


def desk(*words: str) -> None:
    main(["desk", *words])


@pytest.mark.parametrize(
    "words",
    ["--install --uninstall", "--install --service", "--install --for 5", "--uninstall --source simulated",
     "--install -o x.mcap", "--uninstall --json", "--service --take-over"],
)  # fmt: skip
def test_what_a_service_does_not_take_is_refused(tools: Path, words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        desk(*words.split())
    assert ended.value.code == 2
    assert calls(tools) == []


def test_linux(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    desk("--install", "--wearer", "anna")
    file = tmp_path / ".config/systemd/user/hiphinge-desk.service"
    text = file.read_text()
    assert f'ExecStart="{sys.executable}" "-m" "hiphinge" "desk" "--service" "--wearer" "anna"\n' in text
    assert f'Environment="HIPHINGE_HOME={home()}"\n' in text
    assert "Restart=on-failure\n" in text
    assert file.stat().st_mode & 0o777 == 0o600
    assert calls(tools) == [
        "systemctl --user daemon-reload",
        "systemctl --user enable --now hiphinge-desk.service",
    ]
    assert "It runs now and at every login" in capsys.readouterr().out
    assert installing.installed()
    desk("--uninstall")
    assert not file.exists()
    assert calls(tools)[2:] == [
        "systemctl --user disable --now hiphinge-desk.service",
        "systemctl --user daemon-reload",
    ]
    assert "Removed" in capsys.readouterr().out
    desk("--uninstall")
    assert "Nothing to remove" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    """Also with everything in a path that has a meaning to systemd."""
    odd = tmp_path / 'a "b" $HOME 100%n'
    odd.mkdir()
    (odd / "python").symlink_to(sys.executable)
    file = tmp_path / "hiphinge-desk.service"
    file.write_text(installing.unit([str(odd / "python"), "-m", "hiphinge", "desk"], str(odd)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", str(file)], capture_output=True, text=True, check=False, timeout=30
    )
    said = [line for line in done.stderr.splitlines() if "hiphinge-desk" in line]
    assert said == []


def test_macos(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    desk("--install")
    file = tmp_path / "Library/LaunchAgents/io.hiphinge.desk.plist"
    content = plistlib.loads(file.read_bytes())
    assert content["ProgramArguments"] == [sys.executable, "-m", "hiphinge", "desk", "--service"]
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert content["EnvironmentVariables"] == {"HIPHINGE_HOME": str(home())}
    assert Path(content["StandardErrorPath"]).parent == home()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.split()[:2] for one in calls(tools)] == [["launchctl", "bootstrap"]]
    desk("--uninstall")
    assert not file.exists()
    assert calls(tools)[1].startswith("launchctl bootout gui/")


def test_a_task_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USERDOMAIN", "DESK")
    monkeypatch.setenv("USERNAME", "zoë")
    text = installing.task([r"C:\p y\python.exe", "-m", "hiphinge", "desk", "--service"], r"C:\a & b")
    root = ET.fromstring(text)
    assert text.isascii()
    assert root.findtext(f".//{TASK}LogonTrigger/{TASK}UserId") == "DESK\\zoë"
    assert root.findtext(f".//{TASK}RunLevel") == "LeastPrivilege"
    assert root.findtext(f".//{TASK}Arguments") == (
        r'/d /s /c "set "HIPHINGE_HOME=C:\a & b"&& "C:\p y\python.exe" -m hiphinge desk --service"'
    )


def test_windows_makes_a_task_and_leaves_no_file(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr("shutil.which", lambda tool: tools / tool)  # it asks Windows itself, from Python 3.12 on
    installing.install("")
    assert [one.split()[:3] for one in calls(tools)] == [["schtasks", "/Create", "/F"], ["schtasks", "/Run", "/TN"]]
    assert ET.parse(tools / "task.xml").getroot().tag == f"{TASK}Task"
    assert list(home().glob("*.xml")) == []
    installing.uninstall()
    assert calls(tools)[2] == "schtasks /Delete /F /TN hiphinge-desk"


def test_nothing_half_installed_where_systemd_does_not_take_it(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tools / "fail").touch()
    with pytest.raises(SystemExit) as ended:
        desk("--install")
    assert ended.value.code == 1
    assert "systemctl --user daemon-reload: Failed to connect to bus, expected" in capsys.readouterr().err
    assert not installing.unit_file().exists()


@pytest.mark.parametrize(("platform", "found"), [("linux", "no systemctl here"), ("sunos5", "sunos5, expected Linux")])
def test_a_system_without_services_gets_a_sentence(
    platform: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=found) as refused:
        installing.install("")
    assert "-m hiphinge desk --service" in str(refused.value)


def test_no_secret_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPHINGE_SECRET", "hush")
    for way in installing.WAYS.values():
        assert "hush" not in way.text(installing.command("anna"), str(home()))


def test_the_service_takes_no_other_commands_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        desk("--install", "-o", "a.mcap")
    assert ended.value.code == 2
