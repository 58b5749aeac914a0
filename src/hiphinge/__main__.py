"""``python -m hiphinge`` is the command ``hiphinge``."""

from hiphinge.apps.cli import main

if __name__ == "__main__":
    main()
