"""The last resort: the bell of the terminal, and the words."""

from __future__ import annotations

import click

from hiphinge.blocks import Alert


def ring(cue: Alert) -> None:
    """Bell and message on stderr; a view that owns the terminal gives its own instead of this."""
    click.echo(f"\a{cue.message}", err=True)
