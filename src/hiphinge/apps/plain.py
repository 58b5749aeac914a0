"""``--plain``: who wants lines instead of a screen."""

from __future__ import annotations

import os

import click

PLAIN = click.option(
    "--plain",
    is_flag=True,
    default=lambda: os.environ.get("TERM") == "dumb",
    help="Lines instead of a screen: to be read aloud, or on any terminal.",
)
"""Wanted without a word where the terminal can do no more."""
