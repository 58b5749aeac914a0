"""Which raw recordings go, and why."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hiphinge.history import Raw, going, unsummarised
from hiphinge.history.retention import DAY_S, GB
from hiphinge.settings import Retention

NOW = 1_800_000_000.0


def raw(name: str, days: float, gb: float = 0.3, summarised: bool = True) -> Raw:
    """A recording of that age and size."""
    return Raw(Path(f"{name}.mcap"), round(gb * GB), NOW - days * DAY_S, summarised)


def names(recordings: list[Raw], retention: Retention) -> list[str]:
    """What goes, in order."""
    return [one.raw.path.stem for one in going(recordings, retention, NOW)]


def test_what_is_too_old_goes() -> None:
    """With the reason."""
    (one,) = going([raw("new", 89), raw("old", 91)], Retention(), NOW)
    assert one.raw.path.stem == "old"
    assert one.why == "91 days old, kept for 90"


def test_the_oldest_go_until_the_rest_fits() -> None:
    """Not one more."""
    recordings = [raw("c", 1), raw("a", 3), raw("d", 0.5), raw("b", 2)]
    assert names(recordings, Retention(disk_budget_gb=0.7)) == ["a", "b"]
    assert names(recordings, Retention(disk_budget_gb=1.2)) == []
    (first, _) = going(recordings, Retention(disk_budget_gb=0.7), NOW)
    assert first.why == "all recordings take 1.2 GB, the budget is 0.7 GB"


def test_nothing_goes_that_has_no_summary_or_may_be_growing() -> None:
    """However old, however large."""
    recordings = [raw("unsaid", 500, summarised=False), raw("growing", 0.0)]
    assert names(recordings, Retention(0.0, 0.0)) == []
    assert unsummarised(recordings) == recordings[:1]


@given(
    st.lists(st.tuples(st.floats(0.01, 300), st.floats(0, 5), st.booleans()), max_size=12),
    st.floats(0, 200),
    st.floats(0, 10),
)
def test_what_stays_is_young_and_fits(given: list[tuple[float, float, bool]], days: float, gb: float) -> None:
    """Or has no summary."""
    recordings = [raw(str(n), *one) for n, one in enumerate(given)]
    retention = Retention(days, gb)
    gone = {one.raw.path for one in going(recordings, retention, NOW)}
    left = [r for r in recordings if r.path not in gone and r.summarised]
    assert all((NOW - r.written) / DAY_S <= days for r in left)
    kept = sum(r.size for r in recordings if r.path not in gone)
    assert not left or kept <= gb * GB + 1
    assert all(r.summarised for r in recordings if r.path in gone)


def test_zero_days_keep_nothing() -> None:
    """But what is summarised is safe to go."""
    assert names([raw("a", 1)], Retention(keep_raw_days=0.0)) == ["a"]
