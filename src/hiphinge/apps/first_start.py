"""The first start in a terminal: the words about safety, once."""

from __future__ import annotations

import sys

import click


def first_start() -> None:
    """Show them until they were read once; never in a pipe, where nobody could answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    # Imported now: they cost 0.3 s, which nobody needs before a --help.
    from hiphinge import settings  # noqa: PLC0415 - see above
    from hiphinge.settings.safety import SHORT, TITLE, WORDING, Safety  # noqa: PLC0415 - see above

    if settings.load(root=Safety).read >= WORDING:
        return
    click.echo(f"\n{click.style(TITLE, bold=True)}\n\n{click.wrap_text(SHORT, 78)}\n", err=True)
    click.prompt("Press Enter when you have read this", default="", show_default=False, err=True, prompt_suffix=" ")
    settings.save(Safety(WORDING))
