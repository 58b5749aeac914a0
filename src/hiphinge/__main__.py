"""``python -m hiphinge`` and the command ``hiphinge``."""

import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130, also while it still loads."""
    try:
        from hiphinge.apps.cli import main as run  # noqa: PLC0415  loading it takes a tenth of a second
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
