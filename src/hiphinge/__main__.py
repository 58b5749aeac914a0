"""``python -m hiphinge`` and the command ``hiphinge``."""

import os
import sys


def main() -> None:
    """Run the command line; Ctrl-C ends it with 130, also while it still loads."""
    fill_closed_streams()
    try:
        from hiphinge.apps.cli import main as run  # noqa: PLC0415  loading it takes a tenth of a second
    except KeyboardInterrupt:
        sys.exit(130)
    run()


def fill_closed_streams() -> None:
    """Who begins us with a standard stream closed gets silence there, not the next file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115  for as long as it runs
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


if __name__ == "__main__":
    main()
