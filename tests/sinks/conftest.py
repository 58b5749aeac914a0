"""Patience with a busy machine."""

from __future__ import annotations

import pytest

from hiphinge.sinks import Delivery, HomeAssistant, desktop, mqtt

PATIENT_S = 60.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits a few seconds for a service waits longer; tests of one that hangs say themselves how long."""
    for one in (Delivery, HomeAssistant):
        monkeypatch.setattr(one.close, "__defaults__", (PATIENT_S,))
    monkeypatch.setattr(desktop, "ANSWER_S", PATIENT_S)
    monkeypatch.setattr(mqtt, "PATIENCE_S", PATIENT_S)
