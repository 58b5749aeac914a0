"""The command ``hiphinge``: a table of commands, each loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import sys
from typing import Any

import click

from hiphinge import __version__
from hiphinge.apps.first_start import first_start
from hiphinge.errors import HiphingeError, in_words

COMMANDS = {
    "demo": ("hiphinge.apps.demo", "A virtual workout, watched and reported: no hardware."),
    "lift": ("hiphinge.apps.live.commands:lift", "Live: a workout."),
    "desk": ("hiphinge.apps.live.commands:desk", "Live: a quiet day."),
    "scan": ("hiphinge.apps.scan", "Sensors nearby."),
    "wear": ("hiphinge.apps.wear", "Which sensor sits where."),
    "status": ("hiphinge.apps.status", "What is being recorded now."),
    "doctor": ("hiphinge.apps.doctor", "Check this machine."),
    "import": ("hiphinge.apps.convert:import_command", "Other people's files into a recording."),
    "analyze": ("hiphinge.apps.analyze", "Tables, summary and report of one recording."),
    "replay": ("hiphinge.apps.replay", "A recording as it was, or with other settings."),
    "calibrate": ("hiphinge.apps.calibrate", "Zero, axes and range of a wearer; or a sensor's own errors."),
    "export": ("hiphinge.apps.convert:export_command", "A recording into other people's files."),
    "simulate": ("hiphinge.apps.simulate", "What a virtual wearer's sensors would have sent."),
    "dashboard": ("hiphinge.apps.dashboard.command", "All of it in the browser."),
    "history": ("hiphinge.apps.history.command", "Days, weeks and trends; keep or delete."),
    "info": ("hiphinge.apps.recordings:info", "What is in a recording."),
    "repair": ("hiphinge.apps.recordings:repair", "Save what can be read of a damaged recording."),
}
"""Name -> module (or module:function; without a function it is ``command``), and a line for --help."""


class LazyGroup(click.Group):
    """Commands by name from :data:`COMMANDS`: ``--help`` imports none, each command only itself."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function or "command")
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """The command; before it the words about safety, where they were not read yet. Help does not wait for them."""
        if not {"-h", "--help"} & set(ctx.args):
            first_start()
        return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, for ``--help``."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog="Try it without any sensor:  hiphinge demo",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hiphinge")
def hiphinge() -> None:
    """How much of a bend comes from the low back, and how much from the hips.

    It shows how you move. It is not a medical device.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line; exit 0 done, 1 it failed, 2 unknown option or value, 130 Ctrl-C."""
    # A day is a million small tuples and no cycles: looking for some takes a tenth of an analysis.
    gc.set_threshold(100_000, 50, 100)
    try:
        hiphinge.main(args, standalone_mode=False)
    except click.ClickException as e:
        e.show()
        sys.exit(e.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except HiphingeError as e:
        click.echo(str(e), err=True)
        sys.exit(1)
    except OSError as e:
        click.echo(in_words(e), err=True)
        sys.exit(1)
