"""How long recordings stay and what a day is measured against, in settings.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from hiphinge import settings
from hiphinge.errors import SettingsError


def test_a_table_is_read_and_stands_beside_the_others(hiphinge_home: Path) -> None:
    """Each reader minds its own names."""
    (hiphinge_home / "settings.toml").write_text("[retention]\nkeep_raw_days = 7\n\n[rounding]\non_share = 0.7\n")
    assert settings.load(root=settings.Retention) == settings.Retention(keep_raw_days=7.0)
    assert settings.load(root=settings.Goals) == settings.Goals()
    assert settings.load().rounding.on_share == 0.7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[retention]\nkeep_raw_day = 7\n", "retention.keep_raw_days"),
        ("[retention]\nkeep_raw_days = -1\n", "retention.keep_raw_days: -1, expected 0 or more"),
        ("[retention]\ndisk_budget_gb = nan\n", "retention.disk_budget_gb: nan, expected 0 or more"),
    ],
)
def test_what_cannot_be_is_refused(hiphinge_home: Path, text: str, said: str) -> None:
    """By name, with the file."""
    (hiphinge_home / "settings.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.toml") as refused:
        settings.load(root=settings.Retention)
    assert said in str(refused.value)
