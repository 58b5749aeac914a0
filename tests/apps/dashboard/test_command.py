"""``hiphinge dashboard`` as a program: where it listens, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner

from hiphinge.apps.dashboard.command import command
from hiphinge.apps.dashboard.server import LOOPBACK, Server
from hiphinge.errors import InputError, MissingExtraError
from hiphinge.settings import home


@contextmanager
def program(*options: str, alone: bool = False) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program and the address that it printed; ``alone``: the first of a group of its own."""
    line = [sys.executable, "-m", "hiphinge", *options, "--port", "0", "--no-open"]
    one = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=alone)
    try:
        assert one.stdout is not None
        yield one, re.findall(r"http\S+", one.stdout.readline())[0]
    finally:
        one.kill()
        one.communicate()


def test_the_demo_is_served_and_ctrl_c_ends_it_in_good_order() -> None:
    with program("demo", "--dashboard") as (one, address):
        host, port = re.findall(r"//([\d.]+):(\d+)/", address)[0]
        assert host == LOOPBACK
        with socket.create_connection((host, int(port))) as link:
            link.sendall(f"GET {address.partition(port)[2]} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            assert link.recv(1 << 16).startswith(b"HTTP/1.1 200")
        one.send_signal(signal.SIGINT)
        _, words = one.communicate(timeout=60)
        assert one.returncode == 0
        assert "Traceback" not in words


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"Port {port}: in use, expected a free one.*--port {port + 1}"):
            Server(port)
        assert isinstance(CliRunner().invoke(command, ["--port", str(port), "--no-open"]).exception, InputError)


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'hiphinge\[dashboard\]'"):
        Server(0)


def test_it_leaves_nothing_behind() -> None:
    with program("dashboard", "--source", "simulated") as (one, _):
        one.terminate()
        one.communicate(timeout=60)
        assert one.returncode == 0
    assert [path.name for path in home().rglob("*") if path.is_file()] == []


def asked_for_history(address: str) -> HTTPConnection:
    """On its way; nobody has waited for the answer."""
    host, token = re.findall(r"//([^/]+)(/.*)", address)[0]
    link = HTTPConnection(host, timeout=240)
    link.request("GET", token)
    first = link.getresponse()
    first.read()
    link.request("GET", "/history", headers={"Cookie": first.headers["Set-Cookie"].partition(";")[0]})
    return link


def test_what_reads_the_history_ends_with_it() -> None:
    with program("dashboard", "--source", "simulated") as (one, address):
        link = asked_for_history(address)
        assert b"No day yet" in link.getresponse().read()
        link.close()
        one.send_signal(signal.SIGINT)
        _, words = one.communicate(timeout=240)  # also waits until nobody holds its stderr any more
        assert one.returncode == 0
        assert "Traceback" not in words


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc: Linux alone has it")
def test_a_terminals_ctrl_c_says_nothing_of_a_reader_that_only_begins() -> None:
    """It goes to the whole group, and the reader has Python and pandas to import first."""
    with program("dashboard", "--source", "simulated", alone=True) as (one, address):
        link = asked_for_history(address)
        while one.poll() is None and not has_reader(one.pid):
            pass
        os.killpg(one.pid, signal.SIGINT)
        _, words = one.communicate(timeout=240)
        assert one.returncode == 0
        assert "Traceback" not in words
        link.close()


def has_reader(group: int) -> bool:
    """Whether a process of this group is one of Python's pools."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if b"spawn_main" in (folder / "cmdline").read_bytes() and os.getpgid(int(folder.name)) == group:
                return True
    return False
