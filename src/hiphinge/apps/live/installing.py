"""``hiphinge desk`` at every login: a systemd user unit, a launchd agent, or a task of Windows.

Each belongs to the user alone, starts this very interpreter, and carries no
secret: push addresses and the like stay in secrets.toml. It is there whole or not at all.
"""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from hiphinge import settings
from hiphinge.errors import InputError

NAME = "hiphinge-desk"
LABEL = "io.hiphinge.desk"
HOME = "HIPHINGE_HOME"
ABOUT = "hiphinge desk: sitting measured, a reminder when it is time to move"
AGAIN_S = 30
"""Until it is started again after a failure [D]."""
PATIENCE_S = 30.0
"""For the system's own tools [D]."""

Tool = tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """How one system does it: where the file lies, what is in it, what makes it run and what ends it."""

    tool: str
    wanted: str
    file: Callable[[], Path]
    text: Callable[[list[str], str], str]
    begin: Callable[[Path], list[Tool]]
    end: Callable[[Path], list[Tool]]
    kept: bool = True
    """Whether the system reads the file again at each login."""


def command(wearer: str) -> list[str]:
    """What is started; on Windows without a window where that can be had."""
    windowless = Path(sys.executable).with_name("pythonw.exe")
    return [
        str(windowless) if windowless.exists() else sys.executable,
        "-m",
        "hiphinge",
        "desk",
        "--service",
        *(["--wearer", wearer] if wearer else []),
    ]


def install(wearer: str) -> str:
    """Begin now and at every login; what was done in a sentence. InputError where the system has no such thing."""
    way = _way()
    file, home = way.file(), os.environ.get(HOME, "")
    if file.exists():  # of an earlier installation, perhaps with another interpreter
        _try(way.end(file))
    settings.private_folder(file.parent)
    settings.write_private(file, way.text(command(wearer), str(settings.home()) if home else ""))
    try:
        for call in way.begin(file):
            _call(call)
    except InputError:
        file.unlink()
        raise
    if not way.kept:
        file.unlink()
    where = str(file) if way.kept else f"the task {NAME}"
    return f"Installed: {where}. It runs now and at every login. See: hiphinge status. Or: hiphinge desk --uninstall"


def uninstall() -> str:
    """End and remove it; what was done in a sentence."""
    way = _way()
    file = way.file()
    if way.kept and not file.exists():
        return f"Nothing to remove: there is no {file}."
    calls = way.end(file)
    failed = ""
    try:
        _call(calls[0])
    except InputError as e:
        if not way.kept:
            raise
        failed = f" It may still run until the next logout: {e}"
    file.unlink(missing_ok=True)
    _try(calls[1:])
    return f"Removed: {file if way.kept else f'the task {NAME}'}. Recordings and settings stay.{failed}"


def installed() -> bool:
    """Whether the system starts it at login, as far as a file tells; Windows keeps that to itself."""
    way = WAYS.get(_system())
    return way is not None and way.kept and way.file().exists()


def _system() -> str:
    return "linux" if sys.platform.startswith("linux") else sys.platform


def _way() -> Way:
    """The one of this system. InputError: it has none."""
    way = WAYS.get(_system())
    mine = " ".join(command(""))
    if way is None:
        raise InputError(
            f"desk --install: {sys.platform}, expected Linux, macOS or Windows. Let your system start: {mine}"
        )
    if shutil.which(way.tool) is None:
        raise InputError(f"desk --install: no {way.tool} here, expected {way.wanted}. Let your system start: {mine}")
    return way


def _call(call: Tool) -> None:
    """Run one of the system's tools. InputError: what it says against it."""
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=PATIENCE_S, errors="replace")
        said = " ".join((done.stderr or done.stdout).split()) if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as e:
        done, said = None, str(e)
    if done is None or done.returncode:
        told = said.rstrip(".") or "no reason given"
        raise InputError(
            f"{' '.join(call[:3])}: {told}, expected it to take {NAME}. "
            f"Try it from a terminal of your own desktop; without a service: hiphinge desk"
        )


def _try(calls: Sequence[Tool]) -> None:
    """Run them, whether they work or not."""
    for call in calls:
        with suppress(InputError):
            _call(call)


# --- Linux -------------------------------------------------------------------------------------


def unit_file() -> Path:
    """``~/.config/systemd/user/hiphinge-desk.service``."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "systemd" / "user" / f"{NAME}.service"


def unit(call: list[str], home: str) -> str:
    """A systemd user unit (systemd.service(5)); ended it has 30 s to close its recording."""
    # UMask: whatever it writes is its owner's. Restart: not after --take-over or stop, which end in order.
    environment = f"Environment={_quoted(f'{HOME}={home}')}\n" if home else ""
    return (
        f"[Unit]\nDescription={ABOUT}\n\n"
        f"[Service]\nExecStart={' '.join(_quoted(one, dollar='$$') for one in call)}\n{environment}"
        f"Restart=on-failure\nRestartSec={AGAIN_S}\nTimeoutStopSec=30\nUMask=0077\n\n"
        "[Install]\nWantedBy=default.target\n"
    )


def _quoted(word: str, dollar: str = "$") -> str:
    """A word of a unit (systemd.syntax(7)); ``$`` is special in command lines alone."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", dollar)
    return f'"{plain}"'


SYSTEMCTL = ("systemctl", "--user")
SYSTEMD = Way(
    tool="systemctl",
    wanted="a Linux with systemd",
    file=unit_file,
    text=unit,
    begin=lambda _: [(*SYSTEMCTL, "daemon-reload"), (*SYSTEMCTL, "enable", "--now", f"{NAME}.service")],
    end=lambda _: [(*SYSTEMCTL, "disable", "--now", f"{NAME}.service"), (*SYSTEMCTL, "daemon-reload")],
)


# --- macOS -------------------------------------------------------------------------------------


def agent_file() -> Path:
    """``~/Library/LaunchAgents/io.hiphinge.desk.plist``."""
    return Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def agent(call: list[str], home: str) -> str:
    """A launchd agent (launchd.plist(5)); its log lies in the home, for its owner alone."""
    content = {
        "Label": LABEL,
        "ProgramArguments": call,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": AGAIN_S,
        "ExitTimeOut": 30,
        "Umask": 0o077,
        "StandardErrorPath": str(settings.home() / "desk.log"),
        **({"EnvironmentVariables": {HOME: home}} if home else {}),
    }
    return plistlib.dumps(content).decode()


def _domain() -> str:
    return f"gui/{os.getuid() if sys.platform != 'win32' else 0}"


LAUNCHD = Way(
    tool="launchctl",
    wanted="a macOS with launchd",
    file=agent_file,
    text=agent,
    begin=lambda file: [("launchctl", "bootstrap", _domain(), str(file))],
    end=lambda _: [("launchctl", "bootout", f"{_domain()}/{LABEL}")],
)


# --- Windows -----------------------------------------------------------------------------------


def task_file() -> Path:
    """In the home, until the task is made."""
    return settings.home() / f"{NAME}.xml"


def task(call: list[str], home: str) -> str:
    """A task of this user (learn.microsoft.com, Task Scheduler schema): at logon, on batteries too, without an end.

    A task cannot set variables: with HIPHINGE_HOME it is begun through cmd.
    """
    program, words = call[0], subprocess.list2cmdline(call[1:])
    if home:
        program, words = "cmd.exe", f'/d /s /c "set "{HOME}={home}"&& "{call[0]}" {words}"'
    user = f"{os.environ.get('USERDOMAIN', '')}\\{os.environ.get('USERNAME', '')}".strip("\\")
    text = f"""<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{escape(ABOUT)}</Description></RegistrationInfo>
  <Triggers><LogonTrigger><UserId>{escape(user)}</UserId></LogonTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>{escape(user)}</UserId>\
<LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>255</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author"><Exec>\
<Command>{escape(program)}</Command><Arguments>{escape(words)}</Arguments></Exec></Actions>
</Task>
"""
    return text.encode("ascii", "xmlcharrefreplace").decode()  # schtasks takes UTF-16 or ASCII


SCHTASKS = Way(
    tool="schtasks",
    wanted="the Task Scheduler of Windows",
    file=task_file,
    text=task,
    begin=lambda file: [
        ("schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(file)),
        ("schtasks", "/Run", "/TN", NAME),
    ],
    end=lambda _: [("schtasks", "/Delete", "/F", "/TN", NAME)],
    kept=False,
)

WAYS = {"linux": SYSTEMD, "darwin": LAUNCHD, "win32": SCHTASKS}
