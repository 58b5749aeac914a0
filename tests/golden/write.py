"""``python -m tests.golden.write``: replay all sessions; ``git diff tests/golden`` then shows what changed."""

from __future__ import annotations

from tests.golden.replays import HERE, SESSIONS, changed, replay


def main() -> None:
    """Write the tables that differ; leave those alone that are the same within the tolerance."""
    for name in SESSIONS:
        new = replay(name)
        for table in changed(name, new):
            path = HERE / name / f"{table}.csv"
            if table in new:
                path.parent.mkdir(exist_ok=True)
                path.write_text(new[table], encoding="utf-8", newline="")
            else:
                path.unlink()
            print(f"{name}/{table}.csv changed")


if __name__ == "__main__":
    main()
