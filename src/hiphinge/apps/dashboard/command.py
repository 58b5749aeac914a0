"""``hiphinge dashboard``: live, calibration, recordings and settings in the browser."""

from __future__ import annotations

import asyncio
import contextlib
import webbrowser

import click

from hiphinge.apps.dashboard.pages import Pages
from hiphinge.apps.dashboard.running import Running, Wish
from hiphinge.apps.dashboard.server import PORT, UNENCRYPTED, Server, until_up
from hiphinge.apps.live.commands import SOURCE
from hiphinge.apps.live.run import on_signals


@click.command(epilog="Example:  hiphinge dashboard --source simulated")
@click.option("--source", default="ble", show_default=True, metavar="ble|simulated|FILE", help=SOURCE)
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--share", is_flag=True, help="Let a phone on this network in. The traffic is not encrypted.")
@click.option("--no-open", is_flag=True, help="Print the address; open no browser.")
@click.option("--take-over", is_flag=True, help="A session begins by ending the one that holds the sensors.")
@click.option("--wearer", default="", metavar="NAME", help="Whose calibration.")
def command(*, source: str, port: int, share: bool, no_open: bool, wearer: str, take_over: bool) -> None:
    """The live session, the guided calibration, recordings and settings, in a browser.

    Only this machine is let in, by an address that works once. It works without internet.
    """
    run(Wish(source, wearer, take_over=take_over), port, share=share, opens=not no_open)


def run(wish: Wish, port: int = PORT, *, share: bool = False, opens: bool = True, begins: bool = False) -> None:
    """Serve until Ctrl-C; ``begins``: a session, at once. MissingExtraError, InputError where the port is taken."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(wish, port, share=share, opens=opens, begins=begins))


async def serve(wish: Wish, port: int, *, share: bool, opens: bool, begins: bool) -> None:
    """The server and what it shows, ended in good order: first the session, then the pages."""
    server, running = Server(port, share=share), Running(wish)
    pages = Pages(running, server.addresses, UNENCRYPTED if share else "")
    stopped = asyncio.Event()
    on_signals(stopped.set)
    try:
        serving = asyncio.create_task(server.run(pages.table()))
        await until_up(server, serving)
        _invite(server, opens)
        if begins:
            running.begin()
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        await running.end()
        server.stop()
        await serving
    finally:
        await pages.close()
    click.echo(running.words or "Closed.", err=True)


def _invite(server: Server, opens: bool) -> None:
    """Where to go; each address opens one browser."""
    address = server.address()
    click.echo(f"Open {address}  (it works once; Ctrl-C ends)")
    if server.share:
        click.echo(UNENCRYPTED, err=True)
        for other in server.addresses():
            click.echo(f"On the phone: {other}")
    if opens:
        webbrowser.open(address)
