"""Fixtures that every room shares.

``HIPHINGE_TEST_DATA`` names the folder of real recordings (default: ``../shared/data``
beside the checkout). ``HIPHINGE_REQUIRE=data,browser,dbus`` says what this machine must
have: a test that is skipped then fails, with the same reason. Only a reason that begins
with the name of a need that was not asked for (``browser: no chromium``) may still skip.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import real_recordings

NEEDS = frozenset({"data", "browser", "dbus"})
REQUIRED = frozenset(filter(None, os.environ.get("HIPHINGE_REQUIRE", "").replace(" ", "").split(",")))

# Derandomized: the same tree gives the same verdict. No deadline: the machine may be busy.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure() -> None:
    """Refuse a need that nobody knows: a typing error would switch the check off."""
    if unknown := REQUIRED - NEEDS:
        raise pytest.UsageError(f"HIPHINGE_REQUIRE: {', '.join(sorted(unknown))}, expected data, browser or dbus.")


def may_skip(reason: str) -> bool:
    """Whether a test may be skipped for this reason."""
    return not REQUIRED or reason.removeprefix("Skipped: ").split(":")[0] in NEEDS - REQUIRED


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that is not allowed into a failure with the same reason."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not may_skip(reason):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: {reason}. HIPHINGE_REQUIRE does not allow this skip."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skips of tests."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skips of whole files."""
    report = yield
    fail_if_skipped(report)
    return report


@pytest.fixture(scope="session")
def data_dir() -> Callable[[str], Path]:
    """``data_dir("imucal")``: that folder of real recordings, or a skip that says why."""

    def folder(name: str) -> Path:
        try:
            return real_recordings.folder(name)
        except FileNotFoundError as e:
            pytest.skip(f"data: {e}")

    return folder


@pytest.fixture(scope="session", autouse=True)
def _signals() -> None:
    """As in a terminal: begun in the background or with nohup, this process and its children would ignore them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def hiphinge_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HIPHINGE_HOME of the test's own: no test sees the wearer's files."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HIPHINGE_HOME", str(home))
    return home
